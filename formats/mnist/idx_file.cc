#include "formats/mnist/idx_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "formats/gzip_bytes.h"
#include "formats/stacked/gzip_file.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMostAxes = 8;
constexpr size_t kMostHeader = 4 + 4 * kMostAxes;

std::optional<ElementType> element_of(uint8_t code) {
  switch (code) {
    case 0x08:
      return ElementType{ElementKind::kUnsigned, 1, true};
    case 0x09:
      return ElementType{ElementKind::kSigned, 1, true};
    case 0x0b:
      return ElementType{ElementKind::kSigned, 2, true};
    case 0x0c:
      return ElementType{ElementKind::kSigned, 4, true};
    case 0x0d:
      return ElementType{ElementKind::kFloat, 4, true};
    case 0x0e:
      return ElementType{ElementKind::kFloat, 8, true};
    default:
      return std::nullopt;
  }
}

// Element type, shape and strides; `offset_bytes` is the header's size.
StridedArray parse_header(ByteSpan front) {
  if (!looks_like_idx(front)) {
    throw Error(ErrorCode::kCorrupt,
                "is no idx file: expected two zeros, an element type and a number of axes", {}, 0);
  }
  StridedArray array;
  array.type = *element_of(front[2]);
  const size_t rank = front[3];
  array.offset_bytes = 4 + 4 * rank;
  if (front.size() < array.offset_bytes) {
    throw Error(ErrorCode::kCorrupt, "is cut short in its sizes", {}, front.size());
  }
  for (size_t axis = 0; axis < rank; ++axis)
    array.shape.push_back(__builtin_bswap32(load_le<uint32_t>(front.data() + 4 + 4 * axis)));
  array.strides_bytes = packed_strides(array.shape, array.type, false);
  return array;
}

void check_size(const StridedArray& array, uint64_t size) {
  const uint64_t expected = array.offset_bytes + array_bytes(array.shape, array.type);
  if (expected == size) return;
  throw Error(ErrorCode::kCorrupt,
              fmt::format("sizes of ({}) make a file of {} bytes, it has {}",
                          fmt::join(array.shape, ", "), expected, size),
              {}, array.offset_bytes);
}

StridedArray open_gzipped(const std::shared_ptr<const MappedFile>& file) {
  DeflatedRange range = gzip_range(file);
  StridedArray array =
      parse_header(inflate_front(range, std::min<uint64_t>(range.plain_size, kMostHeader)));
  const uint64_t expected = array.offset_bytes + array_bytes(array.shape, array.type);
  // Of a file of 4 GiB or more, which notes its size modulo 2^32.
  if (static_cast<uint32_t>(expected) == static_cast<uint32_t>(range.plain_size))
    range.plain_size = expected;
  check_size(array, range.plain_size);
  array.bytes = inflated_bytes(range, kMostInflatedInMemory);
  array.key = range.crc;
  return array;
}

}  // namespace

bool looks_like_idx(ByteSpan front) {
  return front.size() >= 4 && front[0] == 0 && front[1] == 0 && element_of(front[2]).has_value() &&
         front[3] >= 1 && front[3] <= kMostAxes;
}

StridedArray open_idx(const fs::path& path) {
  try {
    auto file = std::make_shared<const MappedFile>(path);
    StridedArray array;
    if (looks_like_gzip(file->bytes())) {
      array = open_gzipped(file);
    } else {
      array = parse_header(file->bytes().first(std::min(kMostHeader, file->bytes().size())));
      check_size(array, file->size());
      array.bytes = std::make_shared<MappedBytes>(file, 0, file->size());
    }
    array.path = path.string();
    return array;
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

}  // namespace stoker
