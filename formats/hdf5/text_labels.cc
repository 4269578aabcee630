#include "formats/hdf5/text_labels.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

namespace stoker {
namespace {

std::optional<int64_t> whole_number_in(const std::string& text) {
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

}  // namespace

TextLabels number_texts(const std::vector<std::string>& texts,
                        const std::vector<std::string>& known) {
  std::map<std::string, int32_t> index_of;
  for (const std::string& text : texts)
    if (!text.empty()) index_of.emplace(text, -1);
  TextLabels result;
  for (const auto& [text, index] : index_of)
    result.class_names.push_back(text);
  const auto is_known = [&](const std::string& text) {
    return std::find(known.begin(), known.end(), text) != known.end();
  };
  const auto is_number = [](const std::string& text) { return whole_number_in(text).has_value(); };
  std::vector<std::string>& names = result.class_names;
  if (std::all_of(names.begin(), names.end(), is_known)) {
    names = known;
  } else if (std::all_of(names.begin(), names.end(), is_number)) {
    std::stable_sort(names.begin(), names.end(), [](const auto& a, const auto& b) {
      return whole_number_in(a).value() < whole_number_in(b).value();
    });
  }
  for (size_t i = 0; i < names.size(); ++i) {
    const auto found = index_of.find(names[i]);
    if (found != index_of.end() && found->second < 0) found->second = static_cast<int32_t>(i);
  }
  result.labels.reserve(texts.size());
  for (const std::string& text : texts) {
    result.labels.push_back(text.empty() ? -1 : index_of.at(text));
    result.empty_count += text.empty() ? 1 : 0;
  }
  return result;
}

}  // namespace stoker
