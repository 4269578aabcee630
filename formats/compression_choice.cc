#include "formats/compression_choice.h"

#include <fmt/format.h>

#include <charconv>

#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr int kHighestLevel = 12;
constexpr std::string_view kGzipName = "gzip";

}  // namespace

std::optional<int> parse_level(std::string_view text, int highest) {
  int level = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, level);
  const bool good = error == std::errc{} && stop == end && level >= 1 && level <= highest;
  return good ? std::optional(level) : std::nullopt;
}

GzipChoice parse_gzip_choice(const std::string& text, std::string_view format, int usual) {
  if (text.empty() || text == kGzipName) return {usual};
  if (text == "none") return {0};
  const std::string start = std::string(kGzipName) + ":";
  if (text.starts_with(start)) {
    if (const auto level = parse_level(text.substr(start.size()), kHighestLevel)) return {*level};
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--compression {}: --to {} has none, gzip and gzip:1 to gzip:{}", text,
                          format, kHighestLevel));
}

}  // namespace stoker
