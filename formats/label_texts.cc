#include "formats/label_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "libdata/core/error.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace {

std::optional<int64_t> parse_number(const std::string& text) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  int64_t number = 0;
  const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool fits = error == std::errc() && after == text.data() + text.size() &&
                    number >= kNoLabel && number <= kMost;
  return fits ? std::optional(number) : std::nullopt;
}

std::map<std::string, int64_t> number_names(const std::vector<std::string>& names) {
  std::map<std::string, int64_t> numbers;
  for (size_t i = 0; i < names.size(); ++i)
    numbers.emplace(names[i], static_cast<int64_t>(i));
  return numbers;
}

void check_range(const ClassLabels& classes, const std::string& list) {
  if (classes.labels.empty()) return;
  const int64_t largest = *std::max_element(classes.labels.begin(), classes.labels.end());
  const auto count = static_cast<int64_t>(classes.class_names.size());
  if (count == 0 || largest < count) return;
  throw Error(ErrorCode::kCorrupt,
              fmt::format("names {} classes, and there is a label {}", count, largest), list);
}

}  // namespace

ClassLabels label_classes(const std::vector<std::string>& texts,
                          const std::vector<std::string>& class_names, const std::string& list) {
  ClassLabels classes;
  classes.class_names = class_names;
  std::set<std::string> names;
  bool any_number = false;
  for (const std::string& text : texts) {
    if (text.empty()) continue;
    if (parse_number(text)) {
      any_number = true;
    } else {
      names.insert(text);
    }
  }
  if (class_names.empty() && !any_number && !names.empty()) {
    classes.class_names.assign(names.begin(), names.end());
    classes.notes.push_back(
        {*names.begin(),
         fmt::format("labels are names: {} classes, numbered in their order", names.size()),
         {},
         0});
  }
  const std::map<std::string, int64_t> numbers = number_names(classes.class_names);
  for (const std::string& text : texts) {
    const auto number = parse_number(text);
    const auto name = numbers.find(text);
    classes.labels.push_back(text.empty()            ? kNoLabel
                             : number                ? *number
                             : name != numbers.end() ? name->second
                                                     : kBadLabel);
  }
  const auto without = std::count(classes.labels.begin(), classes.labels.end(), kNoLabel);
  if (without > 0) {
    classes.notes.push_back({{}, fmt::format("{} samples have no label: -1", without), {}, 0});
  }
  check_range(classes, list);
  return classes;
}

std::string label_in_json(std::string_view text, const std::string& key) {
  std::string label;
  read_json(text, "JSON member", [&](const Json& json) {
    const Json* found = &json;
    if (json.is_object() && json.contains(key)) {
      found = &json.at(key);
    } else {
      for (size_t begin = 0; begin <= key.size() && found != nullptr;) {
        const size_t end = std::min(key.find('.', begin), key.size());
        const std::string part = key.substr(begin, end - begin);
        found = found->is_object() && found->contains(part) ? &found->at(part) : nullptr;
        begin = end + 1;
      }
    }
    if (found == nullptr || found->is_null()) return;
    label = found->is_string() ? found->get<std::string>() : found->dump();
  });
  return label;
}

}  // namespace stoker
