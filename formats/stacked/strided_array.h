// An array of a foreign file, its samples along the first axis, as a view of bytes: shape and
// strides, as NumPy has them. C order, Fortran order, CIFAR's records and turned axes are all
// strides; no sample is moved before it is read.
//
// Thread-safety: const after construction; read_row from many threads. Ownership: shares its bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "formats/stacked/array_bytes.h"
#include "formats/stacked/element_type.h"
#include "libdata/sample/sample.h"

namespace stoker {

struct StridedArray {
  std::string path;                // of the file, for messages
  uint64_t file_offset_bytes = 0;  // where the bytes, or what they are inflated from, begin in it
  ElementType type;
  std::vector<uint64_t> shape;         // samples first
  std::vector<int64_t> strides_bytes;  // one an axis
  uint64_t offset_bytes = 0;           // of the first element in `bytes`
  uint64_t key = 0;                    // changes with the content, where the file says (CRC)
  std::shared_ptr<const ArrayBytes> bytes;

  uint64_t count() const { return shape.empty() ? 0 : shape.front(); }
  int row_rank() const { return static_cast<int>(shape.size()) - 1; }
  uint64_t row_elements() const;
};

// Bytes that an array of this shape takes; Corrupt where that is no 64-bit number; Unsupported
// where an axis behind the first is empty, and for rank 0, which has no samples.
uint64_t array_bytes(const std::vector<uint64_t>& shape, const ElementType& type);

// Strides for elements that lie one after the other, the last axis (Fortran: the first) fastest.
std::vector<int64_t> packed_strides(const std::vector<uint64_t>& shape, const ElementType& type,
                                    bool fortran_order);

// The same array with its row's axes in another order: axis k is what was row axis order[k] (0 is
// the first behind the samples).
StridedArray with_row_axes(StridedArray array, const std::vector<int>& order);

// `count` times one number; of no file.
StridedArray constant_array(int32_t value, uint64_t count);

// Extents of one sample; Unsupported past four axes or 2^32 - 1.
Extents row_extents(const StridedArray& array);

// Sample `row`, its elements in C order as `dtype`: in place where they lie so already, else in
// `out`. `scratch` is for the call alone. Errors: those of the bytes; Unsupported as
// convert_elements; with path and offset.
ByteSpan read_row(const StridedArray& array, uint64_t row, DType dtype, Bytes& out, Bytes& scratch);

// One number of an array of integers without further axes, or with axes of extent 1.
int64_t read_integer(const StridedArray& array, uint64_t row);

void prefetch_row(const StridedArray& array, uint64_t row);

}  // namespace stoker
