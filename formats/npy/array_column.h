// One field of many samples on its way into one array: rows of equal shape, one behind the other,
// at a place of a file that is being written.
//
// Thread-safety: belongs to one thread. Ownership: refers to the file. Errors: Unsupported where a
// sample's shape is not the first's; Io.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "formats/stacked/element_type.h"
#include "libdata/core/files.h"
#include "libdata/sample/sample.h"
#include "libdata/sample/schema.h"

namespace stoker {

// Rows of one field: what they are in a .npy file, and whether a sample's fits. Class labels are
// int64 there, as PyTorch's losses take them.
class ArrayRows {
 public:
  explicit ArrayRows(const Field& field);

  const Field& field() const { return field_; }
  const ElementType& type() const { return type_; }
  // The elements as the array has them, in place or in `buffer`. Unsupported for another shape than
  // the first sample's.
  ByteSpan row_of(const FieldValue& value, const std::string& sample, Bytes& buffer);
  // Behind the samples; of a blob field without samples none.
  const std::vector<uint64_t>& row_shape() const { return row_shape_; }
  uint64_t row_bytes() const;

 private:
  Field field_;
  ElementType type_;
  bool is_label_;
  std::optional<Extents> first_;
  std::string first_name_;
  std::vector<uint64_t> row_shape_;
};

// Bytes one behind the other into a file, from a place on, gathered to large pieces.
class PlacedBytes {
 public:
  PlacedBytes(AtomicFile* file, uint64_t begin) : file_(file), end_(begin) {}

  void append(ByteSpan bytes);
  void flush();
  uint64_t end() const { return end_ + buffer_.size(); }

 private:
  AtomicFile* file_;
  uint64_t end_;  // of what is written
  Bytes buffer_;
};

// InvalidArgument, naming --drop FIELD, for fields that are no array: text, names that no file has.
void refuse_unequal_fields(const Schema& schema, const std::string& format);

}  // namespace stoker
