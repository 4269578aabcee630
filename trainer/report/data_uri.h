// Bytes inside an HTML page: "data:image/jpeg;base64,...".
//
// Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "libdata/core/arrays.h"

namespace stoker {

std::string base64(ByteSpan bytes);  // RFC 4648, section 4, padded

std::string data_uri(std::string_view media_type, ByteSpan bytes);

}  // namespace stoker
