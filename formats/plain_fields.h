// The fields that formats which name none of these things have in common.
//
// Thread-safety: pure functions.
#pragma once

#include <string>

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

}  // namespace stoker
