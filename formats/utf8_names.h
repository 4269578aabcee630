// Names that are not UTF-8, as archives of older systems hold them, kept apart and readable.
#pragma once

#include <string>
#include <string_view>

namespace stoker {

// Well-formed UTF-8 as Unicode defines it: shortest forms, no surrogates, up to U+10FFFF.
bool is_utf8(std::string_view text);

// Each byte that is in no well-formed sequence becomes "\xE9", four characters; the rest stays.
std::string escape_non_utf8(std::string_view text);

}  // namespace stoker
