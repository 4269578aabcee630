#include "formats/brace_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>

#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr uint64_t kMostNames = 1000000;

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t number = 0;
  const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || after != text.data() + text.size()) return std::nullopt;
  return number;
}

// "000..146"; nothing where it is no such range.
std::optional<std::vector<std::string>> expand_range(std::string_view inside) {
  const size_t dots = inside.find("..");
  if (dots == inside.npos) return std::nullopt;
  const std::string_view first = inside.substr(0, dots);
  const std::string_view last = inside.substr(dots + 2);
  const auto from = parse_number(first);
  const auto to = parse_number(last);
  if (!from || !to || *to < *from) return std::nullopt;
  if (*to - *from >= kMostNames) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{{{}}} stands for more than {} names", inside, kMostNames));
  }
  const bool padded = (first.size() > 1 && first[0] == '0') || (last.size() > 1 && last[0] == '0');
  const size_t digits = padded ? std::max(first.size(), last.size()) : 0;
  std::vector<std::string> names;
  for (uint64_t number = *from; number <= *to; ++number)
    names.push_back(fmt::format("{:0{}}", number, digits));
  return names;
}

std::vector<std::string> expand_list(std::string_view inside) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= inside.size();) {
    const size_t end = std::min(inside.find(',', begin), inside.size());
    names.emplace_back(inside.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

}  // namespace

std::vector<std::string> expand_braces(const std::string& text) {
  const size_t open = text.find('{');
  const size_t close = open == text.npos ? text.npos : text.find('}', open);
  if (close == text.npos) return {text};
  const std::string_view inside = std::string_view(text).substr(open + 1, close - open - 1);
  auto choices = expand_range(inside);
  if (!choices && inside.find(',') != inside.npos) choices = expand_list(inside);
  const std::vector<std::string> rests = expand_braces(text.substr(close + 1));
  if (!choices) choices = {text.substr(open, close + 1 - open)};
  if (choices->size() * rests.size() > kMostNames) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("stands for more than {} names", kMostNames), text);
  }
  std::vector<std::string> names;
  for (const std::string& choice : *choices) {
    for (const std::string& rest : rests)
      names.push_back(text.substr(0, open) + choice + rest);
  }
  return names;
}

std::vector<std::string> expand_missing_paths(const std::vector<std::string>& paths) {
  std::vector<std::string> all;
  for (const std::string& path : paths) {
    const bool stands = path.find('{') == path.npos || std::filesystem::exists(path);
    const std::vector<std::string> names = stands ? std::vector{path} : expand_braces(path);
    all.insert(all.end(), names.begin(), names.end());
  }
  return all;
}

}  // namespace stoker
