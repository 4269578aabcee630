// A field of a .beton file: what it holds, and how wide its cells are in the table of samples.
//
// Read: FFCV's own FloatField, IntField, RGBImageField, BytesField, NDArrayField, JSONField and
// TorchTensorField. Thread-safety: pure functions. Errors: Corrupt; Unsupported for a field of
// another class, whose cells only its program knows. Source: FFCV, ffcv/types.py and ffcv/fields.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/records/record_file.h"

namespace stoker {

enum class BetonKind : uint8_t {
  kFloat = 0,
  kInt = 1,
  kImage = 2,
  kBytes = 3,
  kArray = 4,
  kJson = 5,
  kTensor = 6,  // as kArray
};

inline constexpr size_t kBetonFieldBytes = 1041;  // of a descriptor

struct BetonField {
  std::string name;
  BetonKind kind = BetonKind::kInt;
  uint64_t cell_offset = 0;     // in a row
  ElementType type{};           // of arrays
  std::vector<uint64_t> shape;  // of arrays
  uint64_t array_size_bytes = 0;
  std::string fault;  // why an array's elements are not read; empty: they are

  bool has_value() const { return kind != BetonKind::kFloat && kind != BetonKind::kInt; }
  bool operator==(const BetonField&) const = default;
};

// What a cell says; numbers are their cell.
struct BetonCell {
  uint64_t value_offset = 0;  // in the file
  uint64_t size_bytes = 0;    // of the value; of a JPEG 0: the allocation table alone has it
  bool is_jpeg = false;
  uint16_t width = 0;  // of images
  uint16_t height = 0;
};

uint64_t beton_cell_bytes(BetonKind kind);
uint64_t beton_cell_alignment(BetonKind kind);

// `descriptor` has kBetonFieldBytes; cell_offset is left for the caller.
BetonField parse_beton_field(ByteSpan descriptor);
RecordColumn beton_column(const BetonField& field);

// Precondition: the field has a value, and `row` reaches to the end of its cell.
BetonCell parse_beton_cell(const BetonField& field, ByteSpan row);
// The value as a cell of a record, from what lies at its place; numbers from the row.
RecordCell decode_beton(const BetonField& field, ByteSpan row, ByteSpan value, Sample& memory);

}  // namespace stoker
