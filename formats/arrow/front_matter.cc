#include "formats/arrow/front_matter.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr int kMostNesting = 32;

struct Line {
  size_t indent = 0;
  std::string text;  // without indent, comment and blanks behind
  size_t number = 0;
};

// Without a comment, which begins at a '#' that is not in quotes and has a blank before it.
std::string_view without_comment(std::string_view text) {
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if ((c == '"' || c == '\'') &&
               (i == 0 || text[i - 1] == ' ' || text[i - 1] == '[' || text[i - 1] == ',')) {
      quote = c;
    } else if (c == '#' && (i == 0 || text[i - 1] == ' ')) {
      return text.substr(0, i);
    }
  }
  return text;
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  size_t number = 1;
  for (size_t begin = 0; begin < text.size(); ++number) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = without_comment(text.substr(begin, end - begin));
    begin = end + 1;
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t'))
      line.remove_suffix(1);
    const size_t indent = line.find_first_not_of(' ');
    if (indent == line.npos) continue;
    lines.push_back({indent, std::string(line.substr(indent)), number});
  }
  return lines;
}

bool is_item(std::string_view text) {
  return text == "-" || text.starts_with("- ");
}

// Of "key: value" the end of the key; npos where the text is none.
size_t end_of_key(std::string_view text) {
  size_t from = 0;
  if (text.starts_with('"') || text.starts_with('\'')) {
    from = text.find(text.front(), 1);
    if (from == text.npos) return from;
  }
  for (size_t colon = text.find(':', from); colon != text.npos; colon = text.find(':', colon + 1)) {
    if (colon + 1 == text.size() || text[colon + 1] == ' ') return colon;
  }
  return text.npos;
}

std::string_view stripped(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  return text;
}

class Parser {
 public:
  explicit Parser(std::vector<Line> lines) : lines_(std::move(lines)) {}

  Json parse() {
    Json json = block(0, 0);
    if (at_ < lines_.size()) fail("is indented otherwise than what it belongs to");
    return json;
  }

 private:
  [[noreturn]] void fail(const char* why) const {
    const size_t line = at_ < lines_.size() ? lines_[at_].number : 0;
    throw Error(ErrorCode::kUnsupported, fmt::format("front matter, line {}: {}", line, why));
  }

  Json scalar(std::string_view text) const {
    text = stripped(text);
    if (text.starts_with('[')) return flow_list(text);
    if (text.starts_with('{') || text.starts_with('&') || text.starts_with('*')) {
      fail("maps in braces, anchors and aliases are not read");
    }
    const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                        text.back() == text.front();
    if (!quoted) return std::string(text);
    return unescaped(text.substr(1, text.size() - 2), text.front());
  }

  std::string unescaped(std::string_view text, char quote) const {
    std::string plain;
    for (size_t i = 0; i < text.size(); ++i) {
      const bool escape =
          i + 1 < text.size() &&
          (quote == '\'' ? text[i] == '\'' && text[i + 1] == '\'' : text[i] == '\\');
      if (escape) ++i;
      plain += text[i];
    }
    return plain;
  }

  Json flow_list(std::string_view text) const {
    if (!text.ends_with(']')) fail("a list that goes on over lines is not read");
    text = text.substr(1, text.size() - 2);
    Json list = Json::array();
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find(',', begin), text.size());
      const std::string_view item = stripped(text.substr(begin, end - begin));
      if (!item.empty()) list.push_back(scalar(item));
      begin = end + 1;
    }
    return list;
  }

  // What begins at the next line, whose indent is at least `indent`.
  Json block(size_t indent, int depth) {
    if (depth > kMostNesting) fail("is nested too deeply");
    if (at_ >= lines_.size() || lines_[at_].indent < indent) return nullptr;
    const size_t own = lines_[at_].indent;
    if (is_item(lines_[at_].text)) return list(own, depth);
    if (end_of_key(lines_[at_].text) != std::string::npos) return map(own, depth);
    return text_block(own);
  }

  Json list(size_t indent, int depth) {
    Json list = Json::array();
    while (at_ < lines_.size() && lines_[at_].indent == indent && is_item(lines_[at_].text)) {
      Line& line = lines_[at_];
      const size_t begin = line.text.find_first_not_of(' ', 1);
      if (begin == std::string::npos) {
        ++at_;
        list.push_back(block(indent + 1, depth + 1));
        continue;
      }
      // What stands behind the dash is a block that begins there.
      line.text = line.text.substr(begin);
      line.indent = indent + begin;
      if (is_item(line.text) || end_of_key(line.text) != std::string::npos) {
        list.push_back(block(line.indent, depth + 1));
      } else {
        list.push_back(scalar(line.text));
        ++at_;
        text_block(indent + 1);
      }
    }
    return list;
  }

  Json map(size_t indent, int depth) {
    Json map = Json::object();
    while (at_ < lines_.size() && lines_[at_].indent == indent && !is_item(lines_[at_].text)) {
      const std::string text = lines_[at_].text;
      const size_t colon = end_of_key(text);
      if (colon == std::string::npos) fail("expected 'key: value'");
      const std::string key = scalar(std::string_view(text).substr(0, colon)).get<std::string>();
      const std::string_view value = stripped(std::string_view(text).substr(colon + 1));
      if (!value.empty() && value.front() != '|' && value.front() != '>') {
        map[key] = scalar(value);
        ++at_;
        text_block(indent + 1);  // a text that goes on
        continue;
      }
      ++at_;
      const bool list_below = value.empty() && at_ < lines_.size() &&
                              lines_[at_].indent == indent && is_item(lines_[at_].text);
      if (list_below) {
        map[key] = list(indent, depth + 1);
      } else {
        map[key] = value.empty() ? block(indent + 1, depth + 1) : text_block(indent + 1);
      }
    }
    return map;
  }

  Json text_block(size_t indent) {
    std::string text;
    for (; at_ < lines_.size() && lines_[at_].indent >= indent; ++at_)
      text += lines_[at_].text + "\n";
    return text;
  }

  std::vector<Line> lines_;
  size_t at_ = 0;
};

std::vector<std::string> texts_of(const Json& json) {
  std::vector<std::string> texts;
  if (json.is_string()) texts.push_back(json.get<std::string>());
  if (!json.is_array()) return texts;
  for (const Json& each : json)
    if (each.is_string()) texts.push_back(each.get<std::string>());
  return texts;
}

std::string text_at(const Json& json, const char* key) {
  return json.is_object() && json.contains(key) && json.at(key).is_string()
             ? json.at(key).get<std::string>()
             : std::string();
}

std::string below(const std::string& folder, const std::string& glob) {
  return folder.empty() ? glob : folder + (folder.ends_with('/') ? "" : "/") + glob;
}

std::vector<HubPattern> patterns_of(const Json& config) {
  const std::string folder = text_at(config, "data_dir");
  std::vector<HubPattern> patterns;
  const auto add = [&](const std::string& split, const Json& globs) {
    for (const std::string& glob : texts_of(globs))
      patterns.push_back({split, below(folder, glob)});
  };
  if (!config.contains("data_files")) {
    if (!folder.empty()) patterns.push_back({{}, below(folder, "**")});
    return patterns;
  }
  const Json& files = config.at("data_files");
  if (files.is_object()) {
    for (const auto& [split, globs] : files.items())
      add(split, globs);
    return patterns;
  }
  add({}, files);
  for (const Json& each : files.is_array() ? files : Json::array())
    if (each.is_object() && each.contains("path")) add(text_at(each, "split"), each.at("path"));
  return patterns;
}

// {"names": {"0": "airplane", ...}}, or a list of names.
Json class_names_at(const Json& label) {
  if (!label.is_object() || !label.contains("names")) return nullptr;
  const Json& names = label.at("names");
  if (names.is_array()) return names;
  Json list = Json::array();
  for (size_t i = 0; names.is_object() && i < names.size(); ++i) {
    const std::string number = std::to_string(i);
    if (!names.contains(number)) return nullptr;
    list.push_back(names.at(number));
  }
  return list;
}

}  // namespace

Json parse_front_matter(std::string_view text) {
  constexpr std::string_view kBom("\xef\xbb\xbf");
  if (text.starts_with(kBom)) text.remove_prefix(kBom.size());
  const bool begins = text.starts_with("---\n") || text.starts_with("---\r\n");
  if (!begins) return nullptr;
  const size_t begin = text.find('\n') + 1;
  const size_t end = text.find("\n---", begin - 1);
  if (end == text.npos) return nullptr;
  return Parser(lines_of(text.substr(begin, end + 1 - begin))).parse();
}

std::vector<HubConfig> configs_of_card(const Json& card) {
  std::vector<HubConfig> configs;
  if (!card.is_object() || !card.contains("configs") || !card.at("configs").is_array()) return {};
  for (const Json& each : card.at("configs")) {
    if (!each.is_object()) continue;
    std::vector<HubPattern> patterns = patterns_of(each);
    const std::string name = text_at(each, "config_name");
    if (!patterns.empty())
      configs.push_back({name.empty() ? "default" : name, std::move(patterns)});
  }
  return configs;
}

std::string features_of_card(const Json& card) {
  if (!card.is_object() || !card.contains("dataset_info")) return {};
  const Json* info = &card.at("dataset_info");
  if (info->is_array() && info->size() == 1) info = &info->front();
  if (!info->is_object() || !info->contains("features")) return {};
  Json features = Json::object();
  for (const Json& each : info->at("features")) {
    const std::string name = text_at(each, "name");
    if (name.empty() || !each.contains("dtype") || !each.at("dtype").is_object()) continue;
    const Json& dtype = each.at("dtype");
    if (!dtype.contains("class_label")) continue;
    const Json names = class_names_at(dtype.at("class_label"));
    if (!names.is_null()) features[name] = {{"names", names}, {"_type", "ClassLabel"}};
  }
  return features.empty() ? std::string() : Json{{"features", features}}.dump();
}

}  // namespace stoker
