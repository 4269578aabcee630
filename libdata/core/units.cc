#include "libdata/core/units.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "libdata/core/error.h"

namespace stoker {

uint64_t parse_byte_count(std::string_view text) {
  const auto refuse = [&]() {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("expected a number of bytes such as 1GiB or 64MiB, found '{}'", text));
  };
  double number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc() || !(number > 0)) throw refuse();
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  while (!unit.empty() && unit.front() == ' ')
    unit.remove_prefix(1);
  double scale = 0;
  if (unit.empty() || unit == "B") scale = 1;
  constexpr std::string_view kPrefixes = "KMGT";
  for (size_t i = 0; i < kPrefixes.size(); ++i) {
    const double power = static_cast<double>(i + 1);
    const std::string binary = std::string(1, kPrefixes[i]) + "iB";
    const std::string decimal = std::string(1, i == 0 ? 'k' : kPrefixes[i]) + "B";
    if (unit == binary) scale = std::pow(1024.0, power);
    if (unit == decimal || (i == 0 && unit == "KB")) scale = std::pow(1000.0, power);
  }
  const double bytes = number * scale;
  if (scale == 0 || bytes < 1 || bytes >= 0x1p63) throw refuse();
  return static_cast<uint64_t>(bytes);
}

std::string counted(uint64_t count, std::string_view noun) {
  if (count == 1) return fmt::format("1 {}", noun);
  const auto ends_in = [&](std::string_view end) { return noun.ends_with(end); };
  if (ends_in("s") || ends_in("x") || ends_in("ch") || ends_in("sh")) {
    return fmt::format("{} {}es", count, noun);
  }
  const bool after_vowel =
      noun.size() > 1 && std::string_view("aeiou").find(noun[noun.size() - 2]) != noun.npos;
  if (ends_in("y") && !after_vowel) {
    return fmt::format("{} {}ies", count, noun.substr(0, noun.size() - 1));
  }
  return fmt::format("{} {}s", count, noun);
}

std::string format_byte_count(uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.2f} {}", value, kUnits[unit]);
}

std::string format_duration(double seconds) {
  const auto whole = static_cast<uint64_t>(std::llround(std::max(0.0, seconds)));
  const uint64_t hours = whole / 3600;
  const uint64_t minutes = whole / 60 % 60;
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
  return fmt::format("{}:{:02}", minutes, whole % 60);
}

}  // namespace stoker
