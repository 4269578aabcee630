// Elements of HDF5 data sets as the house has them: little-endian, of a neutral type.
//
// Nothing is changed in silence. uint32 and uint64 become int64: a value past its end is refused.
// float64 becomes float32, rounded to nearest: a finite value that would become infinite is
// refused, and who reads says once that values were rounded. Thread-safety: pure functions. Errors:
// Unsupported for a value that does not fit, naming it.
#pragma once

#include <cstdint>

#include "formats/hdf5/hdf5_array.h"
#include "libdata/core/arrays.h"

namespace stoker {

// In place; the size changes with the type's. Precondition: type.kind is kNumber.
void make_neutral(const Hdf5Type& type, Bytes& elements);

// One element, as it is stored. Floats must be whole numbers. Precondition: kNumber, and as many
// bytes as the type has.
int64_t whole_number(const Hdf5Type& type, ByteSpan element);

// Whether float64 is rounded to float32.
inline bool is_rounded(const Hdf5Type& type) {
  return type.kind == Hdf5Kind::kNumber && type.number == 'f' && type.size_bytes == 8;
}

}  // namespace stoker
