// Variables of a MATLAB version 5 file (what `save` writes unless told -v7.3), little-endian.
//
// Written here because the known C library, matio 1.5.23, crashes on a file cut short, and a devkit
// half copied must be an error. Thread-safety: pure functions. Errors: Corrupt with the byte offset
// (in the inflated variable where it was compressed), Unsupported for big-endian and version 7.3
// files. Not read: sparse arrays, objects, the imaginary part of complex numbers.
// Source: MathWorks, "MAT-File Format", chapter "Level 5 MAT-Files".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

enum class MatKind : uint8_t { kNumbers, kText, kStruct, kOther };

// An array of any rank; elements in MATLAB's order, the first axis fastest.
struct MatArray {
  MatKind kind = MatKind::kOther;
  std::string name;
  std::vector<uint64_t> dims;
  std::vector<double> numbers;           // kNumbers, whatever type they are stored as
  std::string text;                      // kText; characters past ASCII become '?'
  std::vector<std::string> field_names;  // kStruct
  std::vector<MatArray> fields;          // kStruct: element * field_names.size() + field

  uint64_t element_count() const;
  // The named field of a struct array's element; Corrupt where there is none.
  const MatArray& field(uint64_t element, std::string_view field_name) const;
};

// The variable called `name`. Corrupt where the file has none.
MatArray read_mat_variable(ByteSpan file, std::string_view name);

}  // namespace stoker
