#include "formats/nifti/nifti_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "formats/gzip_bytes.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kFrontBytes = 4096;  // enough for any header, packed or not
constexpr std::array<std::string_view, 4> kEndings{".nii.gz", ".nii", ".hdr.gz", ".hdr"};
constexpr uint64_t kGzipTailBytes = 8;  // checksum and size

bool ends_with_in_any_case(std::string_view name, std::string_view ending) {
  return name.size() > ending.size() &&
         std::equal(
             ending.begin(), ending.end(), name.end() - static_cast<long>(ending.size()),
             [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

std::string_view ending_of(std::string_view name) {
  for (const std::string_view ending : kEndings) {
    if (ends_with_in_any_case(name, ending)) return name.substr(name.size() - ending.size());
  }
  return {};
}

// The .img of a header: called like it, packed or not whatever the header is.
fs::path voxels_of_pair(const fs::path& header) {
  const std::string name = header.filename().string();
  const std::string stem(nifti_stem(name));
  for (const char* ending : {".img", ".img.gz", ".IMG", ".IMG.GZ"}) {
    fs::path path = header.parent_path() / (stem + ending);
    if (fs::exists(path)) return path;
  }
  throw Error(ErrorCode::kCorrupt,
              fmt::format("has no {}.img beside it, which holds its voxels", stem),
              header.string());
}

fs::path voxel_file(const fs::path& path, const NiftiHeader& header) {
  return header.pair ? voxels_of_pair(path) : path;
}

Bytes read_front(const fs::path& path) {
  const RangeFile file(path);
  Bytes front = file.read(0, std::min(kFrontBytes, file.size()));
  return looks_like_gzip(front) ? gunzip_front(front, kNifti2HeaderBytes) : front;
}

[[noreturn]] void refuse_short(uint64_t promised, uint64_t there, const fs::path& path) {
  throw Error(ErrorCode::kCorrupt,
              fmt::format("its header promises {} bytes, the file can hold {}", promised, there),
              path.string(), there);
}

}  // namespace

std::string_view nifti_stem(std::string_view file_name) {
  const std::string_view ending = ending_of(file_name);
  return ending.empty() ? std::string_view()
                        : file_name.substr(0, file_name.size() - ending.size());
}

fs::path header_of_pair(const fs::path& path) {
  const std::string name = path.filename().string();
  for (const std::string_view ending : {".img", ".img.gz"}) {
    if (!ends_with_in_any_case(name, ending)) continue;
    const std::string stem = name.substr(0, name.size() - ending.size());
    for (const char* of_header : {".hdr", ".hdr.gz", ".HDR", ".HDR.GZ"}) {
      fs::path header = path.parent_path() / (stem + of_header);
      if (fs::exists(header)) return header;
    }
  }
  return path;
}

NiftiHeader read_nifti_header(const fs::path& path) {
  try {
    return parse_nifti_header(read_front(path));
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

ByteSpan read_nifti_data(const fs::path& path, const NiftiHeader& header, Bytes& buffer) {
  const fs::path voxels = voxel_file(path, header);
  const uint64_t data_bytes = header.data_bytes();
  const RangeFile ranges(voxels);
  const bool packed = ranges.size() >= 2 && looks_like_gzip(ranges.read(0, 2));
  const uint64_t there = packed ? most_unpacked_bytes(ranges.size()) : ranges.size();
  if (there < data_bytes || header.voxels_at_bytes > there - data_bytes) {
    refuse_short(header.voxels_at_bytes + data_bytes, there, voxels);
  }
  if (!packed) {
    buffer.resize(data_bytes);
    ranges.read(header.voxels_at_bytes, buffer);
    return buffer;
  }
  const MappedFile file(voxels, AccessPattern::kSequential);
  buffer.resize(header.voxels_at_bytes + data_bytes);
  try {
    gunzip(file.bytes(), buffer);
  } catch (const Error& error) {
    throw error.at(voxels.string());
  }
  return ByteSpan(buffer).subspan(header.voxels_at_bytes);
}

std::vector<fs::path> nifti_files(const fs::path& path) {
  if (!ends_with_in_any_case(path.filename().string(), ".hdr") &&
      !ends_with_in_any_case(path.filename().string(), ".hdr.gz")) {
    return {path};
  }
  try {
    return {path, voxels_of_pair(path)};
  } catch (const Error&) {  // told of when it is read
    return {path};
  }
}

uint64_t nifti_content_key(const fs::path& path) {
  uint64_t key = 0;
  for (const fs::path& name : nifti_files(path)) {
    const RangeFile file(name);
    key = (key + file.size()) * kKeyFactor;
    if (file.size() < kGzipTailBytes || !looks_like_gzip(file.read(0, 2))) continue;
    key =
        (key + load_le<uint64_t>(file.read(file.size() - kGzipTailBytes, kGzipTailBytes).data())) *
        kKeyFactor;
  }
  return key;
}

}  // namespace stoker
