// The fields that formats which name none of these things have in common.
//
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libdata/sample/sample.h"
#include "libdata/sample/schema.h"

namespace stoker {

Field encoded_image_field(const std::string& name);  // whole image files: HWC, uint8
Field class_index_field();                           // "label", inline int32
Field utf8_text_field(const std::string& name);      // blob of rank 1
Field any_bytes_field(const std::string& name);      // blob of rank 1

bool holds_encoded_image(const Field& field);
bool holds_class_index(const Field& field);
bool holds_utf8_text(const Field& field);
bool holds_any_bytes(const Field& field);  // text among them

// Extents of the array that a value of the field is.
std::vector<uint64_t> array_shape(const Field& field, const FieldValue& value);
// Whether an array of these extents may be a value of the field.
bool takes_shape(const Field& field, const std::vector<uint64_t>& shape);
// At most as many as Extents has. Unsupported for one of 2^32 or more.
Extents extents_of_shape(const std::vector<uint64_t>& shape);

}  // namespace stoker
