// Elements of a NIfTI file as one of the house's types.
//
// Thread-safety: pure functions. Errors: Unsupported where a value does not fit the type, naming
// it and its element; Corrupt for a label that is no whole number from 0 to 255.
#pragma once

#include <span>

#include "formats/nifti/nifti_header.h"
#include "libdata/core/arrays.h"
#include "libdata/core/dtype.h"

namespace stoker {

// The type that takes every value a file with this header can hold: its own where the house has it;
// int64 for uint32 and uint64; float32 for float64 and for what scl_slope scales.
DType natural_dtype(const NiftiHeader& header);

// The smallest type that takes the values of both: float32 where either is, else the integers that
// hold both.
DType common_dtype(DType a, DType b);

// Whether the stored bytes are those of `dtype` already.
bool is_stored_as(const NiftiHeader& header, DType dtype);

// Values, scaled by slope and intercept where the header has them (in float64, then rounded), as
// little-endian elements of `dtype`: whole numbers become integers, all become float32 or, rounded
// once more, float16. Gives whether a value was rounded that float32 or float16 does not hold (of
// float64 and of wide integers; scaling alone does not count).
// Precondition: stored.size() is header.data_bytes(), out as many elements of `dtype`.
bool convert_elements(const NiftiHeader& header, ByteSpan stored, DType dtype,
                      std::span<uint8_t> out);

// Whole numbers from 0 to 255, whatever type they are stored in.
void convert_labels(const NiftiHeader& header, ByteSpan stored, std::span<uint8_t> out);

}  // namespace stoker
