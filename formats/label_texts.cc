#include "formats/label_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
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
  for (size_t i = 0; i < names.size(); ++i) {
    const auto [twin, is_new] = numbers.emplace(names[i], static_cast<int64_t>(i));
    if (!is_new) twin->second = kBadLabel;  // says no one class
  }
  return numbers;
}

// What "a.b", or one key with a dot in it, leads to; null where there is nothing.
const Json* find_path(const Json& json, const std::string& key) {
  if (json.is_object() && json.contains(key)) return &json.at(key);
  const Json* found = &json;
  for (size_t begin = 0; begin <= key.size() && found != nullptr;) {
    const size_t end = std::min(key.find('.', begin), key.size());
    const std::string part = key.substr(begin, end - begin);
    found = found->is_object() && found->contains(part) ? &found->at(part) : nullptr;
    begin = end + 1;
  }
  return found;
}

std::string class_text_at(const Json& json, const std::string& key) {
  const Json* found = find_path(json, key);
  if (found == nullptr || found->is_null()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (found->is_structured()) return std::string(kNoClassText);
  const bool whole = found->is_number_float() && std::abs(found->get<double>()) < 1e9 &&
                     found->get<double>() == std::floor(found->get<double>());
  return whole ? std::to_string(static_cast<int64_t>(found->get<double>())) : found->dump();
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
    if (text.empty() || text == kNoClassText) continue;
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
    classes.notes.push_back({"label", fmt::format("{} samples have none: -1", without), {}, 0});
  }
  check_range(classes, list);
  return classes;
}

std::vector<std::string> numbers_as_names(const std::vector<int64_t>& labels) {
  constexpr int64_t kMostClasses = 65536;
  int64_t largest = -1;
  for (const int64_t label : labels)
    largest = std::max(largest, label);
  if (largest >= kMostClasses) return {};
  std::vector<std::string> names;
  for (int64_t label = 0; label <= largest; ++label)
    names.push_back(std::to_string(label));
  return names;
}

std::string label_in_json(std::string_view text, const std::string& key) {
  std::string label;
  try {
    read_json(text, "JSON member", [&](const Json& json) { label = class_text_at(json, key); });
  } catch (const Error&) {  // told when the sample's turn comes
    return std::string(kNoClassText);
  }
  return label;
}

std::string likely_label_key(std::string_view text) {
  std::string found;
  try {
    read_json(text, "JSON member", [&](const Json& json) {
      if (!json.is_object()) return;
      for (const char* key :
           {"label", "class", "cls", "class_id", "label_id", "category", "target"}) {
        const bool fits = json.contains(key) && (json[key].is_number() || json[key].is_string());
        if (fits && found.empty()) found = key;
      }
    });
  } catch (const Error&) {  // said of its sample, where it is wanted
  }
  return found;
}

}  // namespace stoker
