// What --compression says: the name of a codec, and its level where one is given.
//
// Thread-safety: pure functions. Errors: InvalidArgument, listing what there is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stoker {

struct GzipChoice {
  int level = 0;  // 0: not compressed
};

// LEVEL, a whole number from 1 to `highest`; nothing where the text is none.
std::optional<int> parse_level(std::string_view text, int highest);

// "none", "gzip", "gzip:LEVEL" with 1 to 12; empty: `usual`. `format` is for messages.
GzipChoice parse_gzip_choice(const std::string& text, std::string_view format, int usual);

}  // namespace stoker
