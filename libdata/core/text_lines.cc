#include "libdata/core/text_lines.h"

#include <algorithm>
#include <array>
#include <string>

#include "libdata/core/error.h"

namespace stoker {
using namespace std::string_view_literals;
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

struct Mark {
  std::string_view bytes;
  std::string_view encoding;
};
// UTF-32 first: its little-endian mark begins with that of UTF-16.
constexpr std::array<Mark, 4> kOtherMarks{{{"\xff\xfe\0\0"sv, "UTF-32 (little-endian)"},
                                           {"\0\0\xfe\xff"sv, "UTF-32 (big-endian)"},
                                           {"\xff\xfe"sv, "UTF-16 (little-endian)"},
                                           {"\xfe\xff"sv, "UTF-16 (big-endian)"}}};

// What two or more letters of ASCII give away, from where the NULs beside them lie.
std::string_view encoding_of_letters(std::string_view text) {
  std::array<bool, 4> nul{};
  if (text.size() < nul.size()) return {};
  for (size_t i = 0; i < nul.size(); ++i)
    nul[i] = text[i] == '\0';
  if (nul == std::array{false, true, true, true}) return "UTF-32 (little-endian)";
  if (nul == std::array{true, true, true, false}) return "UTF-32 (big-endian)";
  if (nul == std::array{false, true, false, true}) return "UTF-16 (little-endian)";
  if (nul == std::array{true, false, true, false}) return "UTF-16 (big-endian)";
  return {};
}

std::string_view other_encoding(std::string_view text) {
  for (const Mark& mark : kOtherMarks) {
    if (text.starts_with(mark.bytes)) return mark.encoding;
  }
  return encoding_of_letters(text);
}

}  // namespace

std::string_view plain_text(std::string_view text) {
  if (const std::string_view encoding = other_encoding(text); !encoding.empty()) {
    throw Error(ErrorCode::kUnsupported,
                "expected UTF-8, found " + std::string(encoding) + ": save this text as UTF-8", {},
                0);
  }
  if (const size_t nul = text.find('\0'); nul != text.npos) {
    throw Error(ErrorCode::kCorrupt, "expected text, found a NUL byte", {}, nul);
  }
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

std::vector<TextLine> text_lines(std::string_view text) {
  const std::string_view plain = plain_text(text);
  const size_t front = text.size() - plain.size();
  std::vector<TextLine> lines;
  for (size_t at = 0; at < plain.size();) {
    const size_t end = std::min(plain.find_first_of("\r\n", at), plain.size());
    lines.push_back({plain.substr(at, end - at), lines.size() + 1, front + at});
    at = end + (plain.substr(end).starts_with("\r\n") ? 2 : 1);
  }
  return lines;
}

}  // namespace stoker
