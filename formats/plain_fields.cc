#include "formats/plain_fields.h"

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

}  // namespace stoker
