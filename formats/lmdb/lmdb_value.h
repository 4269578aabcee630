// What the value of an LMDB entry looks like, and what it is as cells of a record.
//
// Thread-safety: pure functions. Ownership: cells lie in the value, or in buffers of `memory`.
// Errors: Corrupt, Unsupported.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "formats/records/record_file.h"

namespace stoker {

// A whole number as text: "12", "-1", blanks and a zero byte behind it.
std::optional<int64_t> number_in_text(ByteSpan value);
bool is_plain_text(ByteSpan value);  // UTF-8 without control characters, not too long
// Caffe's message of pixels and a label, by its fields.
bool looks_like_datum(ByteSpan value);

// (image, label): an image file or pixels, alone or in a list of one; a number, a text, or an array
// of one number.
struct PickledPair {
  RecordCell image;
  RecordCell label;
};
PickledPair decode_pickled_pair(ByteSpan pickle, Sample& memory);

// A pickled whole number; a pickled list of texts. Nothing for other pickles, and what is none.
std::optional<int64_t> pickled_count(ByteSpan value);
std::optional<std::vector<std::string>> pickled_keys(ByteSpan value);

}  // namespace stoker
