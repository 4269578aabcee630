#include "formats/plain_fields.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "libdata/core/error.h"

namespace stoker {

Field any_bytes_field(const std::string& name) {
  Field field;
  field.name = name;
  field.axes = "B";
  return field;
}

Field utf8_text_field(const std::string& name) {
  Field field = any_bytes_field(name);
  field.unit = "utf-8";
  return field;
}

Field encoded_image_field(const std::string& name) {
  Field field;
  field.name = name;
  field.axes = "HWC";
  field.unit = "0..255";
  field.color = "any";
  field.normalization = "none";
  return field;
}

Field class_index_field() {
  Field field;
  field.name = "label";
  field.storage = Storage::kInline;
  field.dtype = DType::kInt32;
  field.unit = "class index";
  return field;
}

bool holds_encoded_image(const Field& field) {
  return field.storage == Storage::kBlob && field.axes == "HWC" && field.dtype == DType::kUInt8;
}

bool holds_class_index(const Field& field) {
  return field.name == "label" && field.storage == Storage::kInline && field.axes.empty() &&
         field.dtype == DType::kInt32;
}

bool holds_any_bytes(const Field& field) {
  return field.storage == Storage::kBlob && field.dtype == DType::kUInt8 && field.axes == "B";
}

bool holds_utf8_text(const Field& field) {
  return holds_any_bytes(field) && field.unit == "utf-8";
}

std::vector<uint64_t> array_shape(const Field& field, const FieldValue& value) {
  std::vector<uint64_t> shape;
  for (size_t axis = 0; axis < field.axes.size(); ++axis) {
    shape.push_back(field.storage == Storage::kInline ? static_cast<uint64_t>(field.shape[axis])
                                                      : value.shape[axis]);
  }
  return shape;
}

bool takes_shape(const Field& field, const std::vector<uint64_t>& shape) {
  return shape.size() == field.axes.size() &&
         (field.storage == Storage::kBlob ||
          std::equal(shape.begin(), shape.end(), field.shape.begin(), field.shape.end(),
                     [](uint64_t a, int64_t b) { return std::cmp_equal(a, b); }));
}

Extents extents_of_shape(const std::vector<uint64_t>& shape) {
  Extents extents{};
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] > std::numeric_limits<uint32_t>::max()) {
      throw Error(ErrorCode::kUnsupported, "an axis of 2^32 or more is not read");
    }
    extents.at(axis) = static_cast<uint32_t>(shape[axis]);
  }
  return extents;
}

}  // namespace stoker
