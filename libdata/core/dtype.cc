#include "libdata/core/dtype.h"

#include <array>
#include <utility>

namespace stoker {
namespace {

struct Row {
  DType dtype;
  size_t size;
  std::string_view name;
};

constexpr std::array<Row, 8> kRows{{{DType::kUInt8, 1, "uint8"},
                                    {DType::kInt8, 1, "int8"},
                                    {DType::kUInt16, 2, "uint16"},
                                    {DType::kInt16, 2, "int16"},
                                    {DType::kInt32, 4, "int32"},
                                    {DType::kInt64, 8, "int64"},
                                    {DType::kFloat16, 2, "float16"},
                                    {DType::kFloat32, 4, "float32"}}};

}  // namespace

size_t dtype_size(DType dtype) {
  for (const Row& row : kRows) {
    if (row.dtype == dtype) return row.size;
  }
  return 0;
}

std::string_view dtype_name(DType dtype) {
  for (const Row& row : kRows) {
    if (row.dtype == dtype) return row.name;
  }
  return "unknown";
}

std::optional<DType> dtype_from_name(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

}  // namespace stoker
