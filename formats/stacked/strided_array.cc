#include "formats/stacked/strided_array.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "libdata/core/error.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

// The bytes that a row's elements lie in, from the first to behind the last.
struct Reach {
  uint64_t begin;
  uint64_t size;
};

Reach reach_of(const StridedArray& array, uint64_t row) {
  Reach reach{array.offset_bytes + row * static_cast<uint64_t>(array.strides_bytes.front()),
              array.type.size_bytes};
  for (size_t axis = 1; axis < array.shape.size(); ++axis)
    reach.size += (array.shape[axis] - 1) * static_cast<uint64_t>(array.strides_bytes[axis]);
  return reach;
}

bool rows_are_packed(const StridedArray& array) {
  auto expected = int64_t{array.type.size_bytes};
  for (size_t axis = array.shape.size() - 1; axis > 0; --axis) {
    if (array.shape[axis] > 1 && array.strides_bytes[axis] != expected) return false;
    expected *= static_cast<int64_t>(array.shape[axis]);
  }
  return true;
}

template <typename T>
T turned(T value) {
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
  return value;
}

// Elements of a row to their places in C order, in this machine's byte order. Axes of extent 1 in
// front make all rows three axes deep or more.
template <typename T, bool kTurn>
void gather(const uint8_t* from, const std::vector<uint64_t>& shape,
            const std::vector<int64_t>& strides, uint8_t* to) {
  std::array<uint64_t, 4> extent{1, 1, 1, 1};
  std::array<int64_t, 4> stride{};
  const size_t rank = shape.size() - 1;
  for (size_t i = 0; i < rank; ++i) {
    extent[4 - rank + i] = shape[i + 1];
    stride[4 - rank + i] = strides[i + 1];
  }
  for (uint64_t a = 0; a < extent[0]; ++a) {
    for (uint64_t b = 0; b < extent[1]; ++b) {
      for (uint64_t c = 0; c < extent[2]; ++c) {
        const uint8_t* at = from + static_cast<int64_t>(a) * stride[0] +
                            static_cast<int64_t>(b) * stride[1] +
                            static_cast<int64_t>(c) * stride[2];
        for (uint64_t d = 0; d < extent[3]; ++d) {
          const auto value = load_le<T>(at + static_cast<int64_t>(d) * stride[3]);
          store_le(to, kTurn ? turned(value) : value);
          to += sizeof(T);
        }
      }
    }
  }
}

template <bool kTurn>
void gather_elements(const StridedArray& array, const uint8_t* from, uint8_t* to) {
  switch (array.type.size_bytes) {
    case 1:
      return gather<uint8_t, false>(from, array.shape, array.strides_bytes, to);
    case 2:
      return gather<uint16_t, kTurn>(from, array.shape, array.strides_bytes, to);
    case 4:
      return gather<uint32_t, kTurn>(from, array.shape, array.strides_bytes, to);
    default:
      return gather<uint64_t, kTurn>(from, array.shape, array.strides_bytes, to);
  }
}

// Row in C order and this machine's byte order.
ByteSpan packed_row(const StridedArray& array, uint64_t row, Bytes& out, Bytes& scratch) {
  const Reach reach = reach_of(array, row);
  const bool turn = array.type.big_endian && array.type.size_bytes > 1;
  if (!turn && rows_are_packed(array)) return array.bytes->bytes(reach.begin, reach.size, out);
  const ByteSpan from = array.bytes->bytes(reach.begin, reach.size, scratch);
  out.resize(array.row_elements() * array.type.size_bytes);
  if (turn) {
    gather_elements<true>(array, from.data(), out.data());
  } else {
    gather_elements<false>(array, from.data(), out.data());
  }
  return out;
}

bool is_held_as(const ElementType& type, DType dtype) {
  if (type.kind == ElementKind::kBool) return dtype == DType::kUInt8;
  ElementType native = type;
  native.big_endian = false;
  return native == element_type_of(dtype);
}

}  // namespace

uint64_t StridedArray::row_elements() const {
  uint64_t elements = 1;
  for (size_t axis = 1; axis < shape.size(); ++axis)
    elements *= shape[axis];
  return elements;
}

uint64_t array_bytes(const std::vector<uint64_t>& shape, const ElementType& type) {
  if (shape.empty()) {
    throw Error(ErrorCode::kUnsupported,
                "a single number (an array without axes), where one row a sample was expected");
  }
  constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  uint64_t bytes = type.size_bytes;
  for (size_t axis = shape.size(); axis-- > 0;) {
    if (axis > 0 && shape[axis] == 0) {
      throw Error(
          ErrorCode::kUnsupported,
          fmt::format("a shape of ({}), whose rows have no elements", fmt::join(shape, ", ")));
    }
    if (shape[axis] != 0 && bytes > kMost / shape[axis]) {
      throw Error(ErrorCode::kCorrupt, fmt::format("a shape of ({}) is more than any file holds",
                                                   fmt::join(shape, ", ")));
    }
    bytes *= shape[axis];
  }
  return bytes;
}

std::vector<int64_t> packed_strides(const std::vector<uint64_t>& shape, const ElementType& type,
                                    bool fortran_order) {
  std::vector<int64_t> strides(shape.size());
  auto stride = int64_t{type.size_bytes};
  for (size_t i = 0; i < shape.size(); ++i) {
    const size_t axis = fortran_order ? i : shape.size() - 1 - i;
    strides[axis] = stride;
    stride *= static_cast<int64_t>(shape[axis]);
  }
  return strides;
}

StridedArray with_row_axes(StridedArray array, const std::vector<int>& order) {
  const StridedArray before = array;
  array.shape.resize(1);
  array.strides_bytes.resize(1);
  for (const int axis : order) {
    array.shape.push_back(before.shape[static_cast<size_t>(axis) + 1]);
    array.strides_bytes.push_back(before.strides_bytes[static_cast<size_t>(axis) + 1]);
  }
  return array;
}

StridedArray constant_array(int32_t value, uint64_t count) {
  StridedArray array;
  array.type = element_type_of(DType::kInt32);
  array.shape = {count};
  array.strides_bytes = {0};
  Bytes bytes(sizeof(value));
  store_le(bytes.data(), value);
  array.bytes = std::make_shared<MemoryBytes>(std::move(bytes));
  return array;
}

Extents row_extents(const StridedArray& array) {
  Extents extents{};
  if (array.row_rank() > kMaxRank) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("samples of {} axes; at most {} are held", array.row_rank(), kMaxRank),
                array.path);
  }
  for (size_t axis = 1; axis < array.shape.size(); ++axis) {
    if (array.shape[axis] > std::numeric_limits<uint32_t>::max()) {
      throw Error(ErrorCode::kUnsupported, "an axis of more than 2^32 - 1 elements", array.path);
    }
    extents[axis - 1] = static_cast<uint32_t>(array.shape[axis]);
  }
  return extents;
}

ByteSpan read_row(const StridedArray& array, uint64_t row, DType dtype, Bytes& out,
                  Bytes& scratch) {
  try {
    if (is_held_as(array.type, dtype)) return packed_row(array, row, out, scratch);
    Bytes elements;
    const ByteSpan packed = packed_row(array, row, elements, scratch);
    out.resize(array.row_elements() * dtype_size(dtype));
    convert_elements(array.type, packed, dtype, out);
    return out;
  } catch (const Error& error) {
    throw error.at(array.path, array.file_offset_bytes + reach_of(array, row).begin);
  }
}

int64_t read_integer(const StridedArray& array, uint64_t row) {
  Bytes out;
  Bytes scratch;
  return load_le<int64_t>(read_row(array, row, DType::kInt64, out, scratch).data());
}

void prefetch_row(const StridedArray& array, uint64_t row) {
  const Reach reach = reach_of(array, row);
  if (rows_are_packed(array)) array.bytes->prefetch(reach.begin, reach.size);
}

}  // namespace stoker
