#include "trainer/options/duration.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr uint64_t kMost = uint64_t{1} << 32;  // 136 years

std::optional<uint64_t> take_number(std::string_view& text) {
  uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > kMost) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(rest - text.data()));
  return number;
}

bool take(std::string_view& text, char letter) {
  if (!text.starts_with(letter)) return false;
  text.remove_prefix(1);
  return true;
}

// "1h30m": each unit at most once, the largest first.
std::optional<uint64_t> read_units(std::string_view text) {
  constexpr std::pair<char, uint64_t> kUnits[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
  uint64_t seconds = 0;
  for (const auto& [unit, factor] : kUnits) {
    std::string_view rest = text;
    const std::optional<uint64_t> number = take_number(rest);
    if (!number || !take(rest, unit)) continue;
    seconds += *number * factor;
    text = rest;
  }
  if (!text.empty()) return std::nullopt;
  return seconds;
}

// "3:30:00" and "2-12:00:00".
std::optional<uint64_t> read_clock(std::string_view text) {
  uint64_t days = 0;
  const bool has_days = text.find('-') != std::string_view::npos;
  std::optional<uint64_t> number = take_number(text);
  if (has_days) {
    if (!number || !take(text, '-')) return std::nullopt;
    days = *number;
    number = take_number(text);
  }
  if (!number || !take(text, ':')) return std::nullopt;
  uint64_t seconds = *number * 3600;
  for (const uint64_t factor : {uint64_t{60}, uint64_t{1}}) {
    number = take_number(text);
    if (!number || *number >= 60) return std::nullopt;
    seconds += *number * factor;
    if (factor == 60 && !take(text, ':')) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return days * 86400 + seconds;
}

}  // namespace

uint64_t parse_duration(const std::string& text) {
  std::optional<uint64_t> seconds = read_units(text);
  if (!seconds) seconds = read_clock(text);
  if (seconds && *seconds > 0) return *seconds;
  throw Error(ErrorCode::kInvalidArgument,
              "expected a time such as 3h, 90m, 1h30m or 3:30:00, found '" + text + "'");
}

}  // namespace stoker
