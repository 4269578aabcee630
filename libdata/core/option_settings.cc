#include "libdata/core/option_settings.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "libdata/core/error.h"

namespace stoker {
namespace {

using Json = nlohmann::ordered_json;

bool is_flag(const CLI::Option& option) {
  return option.get_items_expected_max() == 0;
}

// "[1,2]" is CLI11's way to write the default of a list. What is noted with an option that may
// stand without a value is what it means then, not what holds without the option.
std::vector<std::string> default_values(const CLI::Option& option) {
  if (option.get_items_expected_min() == 0) return {};
  std::string text = option.get_default_str();
  if (text.empty() || text == "\"\"" || text == "{}") return {};
  if (text.front() != '[' || text.back() != ']') return {text};
  text = text.substr(1, text.size() - 2);
  return text.empty() ? std::vector<std::string>{} : CLI::detail::split(text, ',');
}

// Whether it may stand beside what was given.
bool could_be_given(const CLI::Option& option, const CLI::App& app) {
  if (option.count() > 0) return true;
  if (is_flag(option)) return false;
  const auto was_given = [](const CLI::Option* other) { return other->count() > 0; };
  const auto needs = option.get_needs();
  const auto excludes = option.get_excludes();
  if (!std::all_of(needs.begin(), needs.end(), was_given)) return false;
  if (std::any_of(excludes.begin(), excludes.end(), was_given)) return false;
  // CLI11 notes an exclusion at both options, but for those that were named by text.
  for (const CLI::Option* other : app.get_options()) {
    const auto theirs = other->get_excludes();
    if (was_given(other) && theirs.contains(const_cast<CLI::Option*>(&option))) return false;
  }
  return true;
}

OptionSetting::Kind kind_of(const CLI::Option& option) {
  if (is_flag(option)) return OptionSetting::Kind::kSwitch;
  const std::string type = option.get_type_name();
  const bool is_number =
      type.starts_with("INT") || type.starts_with("UINT") || type.starts_with("FLOAT");
  return is_number ? OptionSetting::Kind::kNumber : OptionSetting::Kind::kText;
}

Json encode_value(const std::string& value, OptionSetting::Kind kind) {
  if (kind == OptionSetting::Kind::kSwitch) return CLI::detail::to_flag_value(value) > 0;
  if (kind != OptionSetting::Kind::kNumber) return value;
  Json number = Json::parse(value, nullptr, /*allow_exceptions=*/false);
  return number.is_number() ? number : Json(value);
}

std::string parse_value(const std::string& name, const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  throw Error(ErrorCode::kInvalidArgument,
              "'" + name + "': expected a text, a number, true or false, or a list of those");
}

}  // namespace

std::vector<OptionSetting> option_settings(const CLI::App& app) {
  std::vector<OptionSetting> settings;
  for (const CLI::Option* option : app.get_options()) {
    const bool shown = !option->get_group().empty() && option->get_configurable();
    if (!shown || option->get_lnames().empty() || !could_be_given(*option, app)) continue;
    OptionSetting setting;
    setting.names = option->get_lnames();
    setting.values = option->count() > 0 ? option->results() : default_values(*option);
    setting.kind = kind_of(*option);
    setting.is_list = setting.kind != OptionSetting::Kind::kSwitch &&
                      (option->get_items_expected_max() > 1 || option->get_delimiter() != '\0');
    settings.push_back(std::move(setting));
  }
  return settings;
}

Json encode_settings(const std::vector<OptionSetting>& settings) {
  Json object = Json::object();
  for (const OptionSetting& setting : settings) {
    if (setting.values.empty()) continue;
    Json values = Json::array();
    for (const std::string& value : setting.values)
      values.push_back(encode_value(value, setting.kind));
    object[setting.names.front()] = setting.is_list ? values : values.back();
  }
  return object;
}

std::vector<ParsedSetting> parse_settings(std::string_view json) {
  const Json file = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!file.is_object()) throw Error(ErrorCode::kInvalidArgument, "expected a JSON object");
  const auto found = file.find("options");
  const Json& options = found != file.end() && found->is_object() ? *found : file;
  std::vector<ParsedSetting> settings;
  for (const auto& [name, value] : options.items()) {
    if (value.is_null()) continue;
    ParsedSetting setting{name, {}};
    if (value.is_array()) {
      for (const Json& one : value)
        setting.values.push_back(parse_value(name, one));
      if (setting.values.empty()) continue;
    } else {
      setting.values.push_back(parse_value(name, value));
    }
    settings.push_back(std::move(setting));
  }
  return settings;
}

}  // namespace stoker
