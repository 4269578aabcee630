#include "formats/utf8_names.h"

#include <cstdint>

namespace stoker {
namespace {

// Bytes of the well-formed sequence at the front of `text`; 0 where there is none.
// Source: Unicode, table 3-7 (well-formed UTF-8 byte sequences).
size_t sequence_bytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t count = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < count) return 0;
  uint8_t low = 0x80;
  uint8_t high = 0xbf;
  if (first == 0xe0) low = 0xa0;
  if (first == 0xed) high = 0x9f;
  if (first == 0xf0) low = 0x90;
  if (first == 0xf4) high = 0x8f;
  if (byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < count; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  }
  return count;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t count = sequence_bytes(text);
    if (count == 0) return false;
    text.remove_prefix(count);
  }
  return true;
}

std::string escape_non_utf8(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string escaped;
  while (!text.empty()) {
    size_t count = sequence_bytes(text);
    if (count > 0) {
      escaped += text.substr(0, count);
    } else {
      const auto byte = static_cast<uint8_t>(text[0]);
      escaped += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15u]};
      count = 1;
    }
    text.remove_prefix(count);
  }
  return escaped;
}

}  // namespace stoker
