#include "formats/compression_choice.h"

#include <fmt/format.h>

#include <charconv>

#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr int kHighestLevel = 12;
constexpr std::string_view kGzipName = "gzip";

}  // namespace

GzipChoice parse_gzip_choice(const std::string& text, std::string_view format, int usual) {
  if (text.empty() || text == kGzipName) return {usual};
  if (text == "none") return {0};
  const std::string start = std::string(kGzipName) + ":";
  int level = 0;
  if (text.starts_with(start)) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + start.size(), end, level);
    if (error != std::errc{} || stop != end) level = 0;
  }
  if (level >= 1 && level <= kHighestLevel) return {level};
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--compression {}: --to {} has none, gzip and gzip:1 to gzip:{}", text,
                          format, kHighestLevel));
}

}  // namespace stoker
