#include "formats/npy/npy_arrays.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "formats/npy/crc32.h"
#include "formats/npy/npy_header.h"
#include "formats/npy/zip_listing.h"
#include "formats/stacked/inflated_bytes.h"
#include "libdata/core/error.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kEnding = ".npy";

using SharedFile = std::shared_ptr<const MappedFile>;

// The array that a header speaks of, `size` bytes being there behind it.
StridedArray describe_array(const NpyHeader& header, uint64_t size, bool* has_more) {
  const uint64_t needed = array_bytes(header.shape, header.type);
  if (needed > size) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("its header speaks of {} bytes of elements, {} are there: the file is "
                            "cut short, or its header damaged",
                            needed, size),
                {}, header.size_bytes);
  }
  *has_more = needed < size;
  StridedArray array;
  array.type = header.type;
  array.shape = header.shape;
  array.strides_bytes = packed_strides(header.shape, header.type, header.fortran_order);
  return array;
}

std::shared_ptr<const ArrayBytes> open_member(const SharedFile& file, const ZipMember& member,
                                              uint64_t& memory_left) {
  if (member.deflated) {
    std::shared_ptr<const ArrayBytes> bytes =
        inflated_bytes({file, member.begin, member.size, member.plain_size, member.crc},
                       std::min(kMostInflatedInMemory, memory_left));
    if (bytes->is_random()) memory_left -= member.plain_size;
    return bytes;
  }
  if (crc32_of(file->bytes().subspan(member.begin, member.size)) != member.crc) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("member '{}' does not match its CRC-32", member.name), {},
                member.begin);
  }
  return std::make_shared<MappedBytes>(file, member.begin, member.size);
}

NpyHeader header_of(const ArrayBytes& bytes) {
  Bytes buffer;
  return parse_npy_header(bytes.bytes(0, std::min<uint64_t>(kMostNpyHeader, bytes.size()), buffer));
}

// A Fortran-ordered stream would have to be inflated whole for each sample.
void refuse_scattered(const NpyHeader& header, const ArrayBytes& bytes) {
  if (bytes.is_random() || !header.fortran_order || header.shape.size() < 2) return;
  throw Error(
      ErrorCode::kUnsupported,
      fmt::format("a compressed array in Fortran order of {} MiB is not read (at most {} "
                  "MiB, and {} MiB over all files): save it in C order "
                  "(numpy.ascontiguousarray), or uncompressed",
                  bytes.size() >> 20, kMostInflatedInMemory >> 20, kMostInflatedInAll >> 20));
}

std::string array_name(const ZipMember& member) {
  return member.name.substr(0, member.name.size() - kEnding.size());
}

NamedArray open_array(const SharedFile& file, const ZipMember& member, uint64_t& memory_left,
                      std::vector<SampleNote>& notes) {
  // First, since it checks the CRC: damage must not be taken for a kind that is not read.
  const std::shared_ptr<const ArrayBytes> bytes = open_member(file, member, memory_left);
  const NpyHeader header = header_of(*bytes);
  bool has_more = false;
  NamedArray named;
  named.name = array_name(member);
  named.array = describe_array(header, member.plain_size - header.size_bytes, &has_more);
  if (has_more) notes.push_back({member.name, "bytes behind the array are left out", {}, 0});
  named.array.bytes = bytes;
  refuse_scattered(header, *named.array.bytes);
  named.array.path = file->path();
  named.array.file_offset_bytes = member.begin;
  named.array.offset_bytes = header.size_bytes;
  named.array.key = member.crc;
  return named;
}

std::string base_name_of(const fs::path& path) {
  return path.filename().string();
}

}  // namespace

NamedArray open_npy(const fs::path& path, std::vector<SampleNote>& notes) {
  try {
    const auto file = std::make_shared<const MappedFile>(path);
    const NpyHeader header = parse_npy_header(
        file->bytes().first(std::min<size_t>(kMostNpyHeader, file->bytes().size())));
    bool has_more = false;
    NamedArray named{path.stem().string(),
                     describe_array(header, file->size() - header.size_bytes, &has_more)};
    if (has_more) {
      notes.push_back({base_name_of(path), "bytes behind the array are left out", {}, 0});
    }
    named.array.path = path.string();
    named.array.offset_bytes = header.size_bytes;
    named.array.bytes = std::make_shared<MappedBytes>(file, 0, file->size());
    return named;
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

NamedArrays open_npz(const fs::path& path, uint64_t& memory_left) {
  NamedArrays found;
  try {
    const auto file = std::make_shared<const MappedFile>(path);
    for (const ZipMember& member : list_zip(file->bytes())) {
      if (!member.name.ends_with(kEnding)) {
        found.notes.push_back({member.name, "left out: is no .npy member", base_name_of(path), 0});
        continue;
      }
      try {
        found.arrays.push_back(open_array(file, member, memory_left, found.notes));
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kUnsupported) throw;
        found.left_out.push_back({array_name(member), error.message(), base_name_of(path), 0});
      }
    }
  } catch (const Error& error) {
    throw error.at(path.string());
  }
  return found;
}

}  // namespace stoker
