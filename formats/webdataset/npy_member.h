// One NumPy array as the bytes of a .npy file: how WebDataset holds arrays.
//
// Reads versions 1 to 3, both byte orders and both orders of axes, without looking at anything but
// the header's text. Thread-safety: pure functions. Errors: Corrupt with the offset in the file;
// Unsupported for objects (pickles), structures, complex numbers and strings.
// Source: numpy.lib.format, "Format Version 1.0" to "3.0".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/core/dtype.h"

namespace stoker {

struct NpyMember {
  std::string descr;           // "<f4"
  bool fortran_order = false;  // the first axis is the fastest
  std::vector<uint64_t> shape;
  uint64_t data_offset_bytes = 0;

  uint64_t element_count() const;
  uint64_t element_bytes() const;  // as stored
};
// `front` begins with the file; it need not hold the data.
NpyMember parse_npy_member(ByteSpan front);
inline constexpr uint64_t kNpyFrontBytes = 4096;  // holds the header of any array met in practice

// What its elements become here: those that have no dtype of ours become the next that holds them
// (bool: uint8, uint16: as it is, uint32 and uint64: int64), and float64 becomes float32.
DType npy_member_dtype(const NpyMember& header);
bool npy_is_rounded(const NpyMember& header);  // float64

// The elements of the whole file, little-endian, last axis fastest, in npy_member_dtype. Where they
// lie like that in the file already, `storage` is not used. Corrupt where the file does not end
// with its last element, or for a uint64 that no int64 holds.
ByteSpan decode_npy_member(ByteSpan file, const NpyMember& header, Bytes& storage);

// Everything in front of the elements.
std::string encode_npy_front(DType dtype, const std::vector<uint64_t>& shape);

}  // namespace stoker
