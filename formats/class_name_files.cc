#include "formats/class_name_files.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/text_lines.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void bad_list(const std::string& why) {
  throw Error(ErrorCode::kCorrupt, "expected a list of class names: " + why);
}

std::vector<std::string> in_order(const std::map<int64_t, std::string>& by_index) {
  std::vector<std::string> names;
  for (const auto& [index, name] : by_index) {
    if (index != static_cast<int64_t>(names.size())) {
      bad_list(fmt::format("no class has the number {}", names.size()));
    }
    names.push_back(name);
  }
  return names;
}

int64_t parse_index(const std::string& text) {
  int64_t index = 0;
  const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || after != text.data() + text.size()) {
    bad_list("'" + text + "' is no number");
  }
  return index;
}

std::vector<std::string> from_object(const Json& json) {
  std::map<int64_t, std::string> by_index;
  for (const auto& [key, value] : json.items()) {
    const bool name_first = value.is_number();
    const int64_t index = name_first ? read_int64(value) : parse_index(key);
    const std::string name = name_first ? key : value.get<std::string>();
    if (!by_index.emplace(index, name).second) {
      bad_list(fmt::format("two classes have the number {}", index));
    }
  }
  return in_order(by_index);
}

std::vector<std::string> from_json(std::string_view text) {
  std::vector<std::string> names;
  read_json(text, "class names", [&](const Json& json) {
    if (json.is_object()) {
      names = from_object(json);
    } else {
      for (const Json& name : json)
        names.push_back(name.get<std::string>());
    }
  });
  return names;
}

std::vector<std::string> from_lines(std::string_view text) {
  std::vector<std::string> names;
  for (const TextLine& line : text_lines(text))
    names.emplace_back(line.text);
  while (!names.empty() && names.back().empty())
    names.pop_back();
  return names;
}

}  // namespace

std::vector<std::string> read_class_names(const fs::path& path) {
  const std::string text = read_text_file(path);
  try {
    return path.extension() == ".json" ? from_json(plain_text(text)) : from_lines(text);
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

fs::path find_beside(const fs::path& folder, const std::vector<std::string>& names) {
  const fs::path here = folder.empty() ? fs::path(".") : folder;
  for (const fs::path& place : {here, fs::absolute(here).lexically_normal().parent_path()}) {
    for (const std::string& name : names)
      if (fs::is_regular_file(place / name)) return place / name;
  }
  return {};
}

std::string encode_class_list(const std::vector<std::string>& class_names) {
  return nlohmann::json(class_names).dump(0, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

}  // namespace stoker
