// The header of a .npy file: magic, version, and a Python dictionary that says element type, order
// and shape.
//
// Thread-safety: pure functions. Errors: Corrupt with the byte offset; Unsupported for element
// types that are no plain numbers. Pickled objects are never read. Source: NumPy's
// numpy/lib/format.py, versions 1.0, 2.0 and 3.0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/stacked/element_type.h"
#include "libdata/core/arrays.h"

namespace stoker {

inline constexpr size_t kMostNpyHeader = size_t{1} << 20;

struct NpyHeader {
  ElementType type;
  bool fortran_order = false;
  std::vector<uint64_t> shape;
  uint64_t size_bytes = 0;  // of the header: where the elements begin
};

bool looks_like_npy(ByteSpan front);

// "<f4", "|u1" ...: what a header's descr says. Unsupported for what is no plain number.
ElementType parse_npy_type(std::string_view descr);

// `front`: the file's first bytes, of which the header needs at most kMostNpyHeader.
NpyHeader parse_npy_header(ByteSpan front);

// Version 1.0, C order: what numpy.save writes.
std::string npy_header(const ElementType& type, const std::vector<uint64_t>& shape);
// The same of samples along the first axis. `samples` is written with blanks behind it, so that
// headers of one array with any number of samples are of one size, a multiple of 64.
std::string npy_header(const ElementType& type, uint64_t samples,
                       const std::vector<uint64_t>& row_shape);

}  // namespace stoker
