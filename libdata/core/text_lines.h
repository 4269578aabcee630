// Texts that users give (tables, lists, scripts, options), whoever saved them: one rule for all.
//
// A UTF-8 byte order mark is passed over; lines end in LF, CRLF or CR, the last one in nothing as
// well. Thread-safety: pure functions. Ownership: views into the text that was given. Errors:
// Unsupported for UTF-16 and UTF-32, by name, with a byte order mark or without; Corrupt with the
// byte offset for any other text with a NUL byte.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace stoker {

// `text` behind its byte order mark.
std::string_view plain_text(std::string_view text);

struct TextLine {
  std::string_view text;      // without its end
  uint64_t number = 0;        // counted from 1
  uint64_t offset_bytes = 0;  // in the text that was given
};

// All lines of plain_text(text). Behind the last line's end there is none.
std::vector<TextLine> text_lines(std::string_view text);

}  // namespace stoker
