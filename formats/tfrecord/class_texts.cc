#include "formats/tfrecord/class_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

namespace stoker {
namespace {

constexpr int64_t kMostClasses = 1 << 20;

std::optional<int64_t> parse_label(const std::string& text) {
  int64_t label = 0;
  const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), label);
  if (error != std::errc() || after != text.data() + text.size()) return std::nullopt;
  return label;
}

}  // namespace

std::vector<std::string> without_numbers(std::vector<std::string> names) {
  for (size_t i = 0; i < names.size(); ++i)
    if (!names[i].starts_with(fmt::format("{}:", i))) return names;
  for (std::string& name : names)
    name.erase(0, name.find(':') + 1);
  return names;
}

LabelRange label_range(const std::vector<std::string>& labels) {
  LabelRange range;
  for (const std::string& label : labels) {
    const auto number = parse_label(label);
    if (!number || *number < 0) continue;
    range.least = range.least < 0 ? *number : std::min(range.least, *number);
    range.largest = std::max(range.largest, *number);
  }
  return range;
}

std::vector<std::string> classes_of_texts(const ClassTexts& texts) {
  std::vector<std::string> labels;
  for (const auto& [label, text] : texts)
    labels.push_back(label);
  const LabelRange range = label_range(labels);
  if (range.least < 0 || range.least > 1 || range.largest >= kMostClasses) return {};
  std::vector<std::string> names(static_cast<size_t>(range.largest) + 1);
  if (range.least == 1) names.front() = kClassOfNothing;
  for (const auto& [label, text] : texts) {
    const auto number = parse_label(label);
    if (number && *number >= 0) names[static_cast<size_t>(*number)] = text;
  }
  const std::set<std::string> different(names.begin(), names.end());
  const bool whole = different.size() == names.size() && !different.contains("");
  return whole ? names : std::vector<std::string>();
}

}  // namespace stoker
