// Inline values of one sample as JSON beside the file of its volume: what volume formats have no
// place for (a scroll, a box, a class), {"scroll": 34117, "nonzero_box": [0, 3, 3, 20, 17, 17]}.
//
// Numbers keep their value exactly; those that JSON does not have are "nan", "inf" and "-inf".
// Thread-safety: pure functions. Errors: Corrupt for text that is no such JSON, or lacks a field.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libdata/sample/sample.h"
#include "libdata/sample/schema.h"

namespace stoker {

// Of the fields at `positions`, all inline.
std::string encode_sidecar(const Schema& schema, const std::vector<size_t>& positions,
                           const Sample& sample);

// The bytes of each field at `positions`, little-endian.
std::vector<Bytes> decode_sidecar(const Schema& schema, const std::vector<size_t>& positions,
                                  std::string_view text);

}  // namespace stoker
