// One NumPy array as the bytes of a .npy file: how WebDataset holds arrays.
//
// Thread-safety: pure functions. Errors: Corrupt with the offset in the file; Unsupported for
// values that the dtype does not hold.
#pragma once

#include <cstdint>

#include "formats/npy/npy_header.h"
#include "libdata/core/arrays.h"
#include "libdata/core/dtype.h"

namespace stoker {

inline constexpr uint64_t kNpyFrontBytes = 4096;  // holds the header of any array met in practice

// Corrupt where no file has so many.
uint64_t npy_element_count(const NpyHeader& header);

// What its elements become here: field_dtype's, and int64 for uint64.
DType npy_member_dtype(const NpyHeader& header);
bool npy_is_rounded(const NpyHeader& header);  // float64 becomes float32

// The elements of the whole file, little-endian, last axis fastest, in npy_member_dtype. Where they
// lie like that in the file already, `storage` is not used. Corrupt where the file does not end
// with its last element.
ByteSpan decode_npy_member(ByteSpan file, const NpyHeader& header, Bytes& storage);

}  // namespace stoker
