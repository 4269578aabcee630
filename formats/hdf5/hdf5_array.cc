#include "formats/hdf5/hdf5_array.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace stoker {

DType neutral_dtype(const Hdf5Type& type) {
  constexpr std::array<std::pair<std::pair<char, int>, DType>, 11> kTypes{{
      {{'u', 1}, DType::kUInt8},
      {{'i', 1}, DType::kInt8},
      {{'u', 2}, DType::kUInt16},
      {{'i', 2}, DType::kInt16},
      {{'u', 4}, DType::kInt64},
      {{'i', 4}, DType::kInt32},
      {{'u', 8}, DType::kInt64},
      {{'i', 8}, DType::kInt64},
      {{'f', 2}, DType::kFloat16},
      {{'f', 4}, DType::kFloat32},
      {{'f', 8}, DType::kFloat32},
  }};
  for (const auto& [stored, dtype] : kTypes) {
    if (stored.first == type.number && static_cast<uint64_t>(stored.second) == type.size_bytes)
      return dtype;
  }
  return DType::kUInt8;
}

uint64_t Hdf5Array::element_count() const {
  uint64_t count = 1;
  for (const uint64_t extent : shape)
    count *= extent;
  return count;
}

uint64_t Hdf5Array::chunk_bytes() const {
  uint64_t bytes = type.size_bytes;
  for (const uint64_t extent : chunk)
    bytes *= extent;
  return bytes;
}

std::string describe_shape(const std::vector<uint64_t>& shape) {
  return fmt::format("({})", fmt::join(shape, ", "));
}

}  // namespace stoker
