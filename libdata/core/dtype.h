// Element types of stored arrays. The numeric values are those of the container (shard_format.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace stoker {

enum class DType : uint8_t {
  kUInt8 = 1,
  kInt8 = 2,
  kUInt16 = 3,
  kInt16 = 4,
  kInt32 = 5,
  kInt64 = 6,
  kFloat16 = 7,
  kFloat32 = 8,
};

size_t dtype_size(DType dtype);            // bytes of one element
std::string_view dtype_name(DType dtype);  // NumPy's name: "uint8", "float16" ...
std::optional<DType> dtype_from_name(std::string_view name);

}  // namespace stoker
