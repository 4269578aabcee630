// Fill values as Zarr's metadata spells them.
//
// Thread-safety: pure functions. Errors: Corrupt for what no element of the type can be.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "formats/stacked/element_type.h"
#include "libdata/sample/schema_json.h"

namespace stoker {

// One element, little-endian: numbers, true and false, "NaN", "Infinity", "-Infinity", "0x..." (the
// bits of a float), base64 of the element's bytes; null is 0.
Bytes parse_zarr_fill(const ElementType& type, const Json& json);

}  // namespace stoker
