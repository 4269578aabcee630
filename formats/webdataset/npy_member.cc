#include "formats/webdataset/npy_member.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "libdata/core/error.h"

namespace stoker {
namespace {

// Where element `index`, counted with the last axis fastest, lies when the first one is.
uint64_t fortran_index(uint64_t index, const std::vector<uint64_t>& shape) {
  std::vector<uint64_t> place(shape.size());
  for (size_t axis = shape.size(); axis-- > 0;) {
    place[axis] = index % shape[axis];
    index /= shape[axis];
  }
  uint64_t found = 0;
  for (size_t axis = shape.size(); axis-- > 0;)
    found = found * shape[axis] + place[axis];
  return found;
}

// Elements as they are, but little-endian and with the last axis fastest.
Bytes in_our_order(ByteSpan data, const NpyHeader& header, uint64_t count) {
  const size_t size = header.type.size_bytes;
  const bool turned = header.fortran_order && header.shape.size() > 1;
  Bytes elements(data.size());
  for (uint64_t i = 0; i < count; ++i) {
    const uint8_t* from = data.data() + (turned ? fortran_index(i, header.shape) : i) * size;
    uint8_t* to = elements.data() + i * size;
    if (header.type.big_endian) {
      std::reverse_copy(from, from + size, to);
    } else {
      std::copy_n(from, size, to);
    }
  }
  return elements;
}

}  // namespace

uint64_t npy_element_count(const NpyHeader& header) {
  uint64_t count = 1;
  for (const uint64_t extent : header.shape) {
    if (__builtin_mul_overflow(count, extent, &count)) {
      throw Error(ErrorCode::kCorrupt, "the array's shape is larger than any file");
    }
  }
  return count;
}

DType npy_member_dtype(const NpyHeader& header) {
  return field_dtype(header.type).value_or(DType::kInt64);
}

bool npy_is_rounded(const NpyHeader& header) {
  return header.type.kind == ElementKind::kFloat && header.type.size_bytes == 8;
}

ByteSpan decode_npy_member(ByteSpan file, const NpyHeader& header, Bytes& storage) {
  const size_t size = header.type.size_bytes;
  const uint64_t count = npy_element_count(header);
  const uint64_t have = file.size() - std::min<uint64_t>(file.size(), header.size_bytes);
  if (have % size != 0 || have / size != count) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("the array's header says {} elements of {} bytes, {} bytes follow it",
                            count, size, have),
                {}, header.size_bytes);
  }
  const ByteSpan data = file.subspan(static_cast<size_t>(header.size_bytes));
  const DType dtype = npy_member_dtype(header);
  const bool turned = header.fortran_order && header.shape.size() > 1;
  if (header.type == element_type_of(dtype) && !turned) return data;
  const Bytes elements = in_our_order(data, header, count);
  storage.resize(static_cast<size_t>(count) * dtype_size(dtype));
  convert_elements(header.type, elements, dtype, storage);
  return storage;
}

}  // namespace stoker
