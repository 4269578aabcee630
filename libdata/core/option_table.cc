#include "libdata/core/option_table.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <utility>

namespace stoker {
namespace {

// "--flips,--no-flips{false}" is CLI11's name of a pair of flags; further names may follow.
std::string shown_names(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true, false);
  std::string shown;
  const auto show = [&shown](const std::string& name) {
    shown += (shown.empty() ? "" : ", ") + name;
  };
  for (const std::string& name : option.get_snames())
    show("-" + name);
  const std::vector<std::string>& names = option.get_lnames();
  const auto is_known = [&names](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const std::string& name : names) {
    if (name.starts_with("no-") && is_known(name.substr(3))) continue;
    show((is_known("no-" + name) ? "--[no-]" : "--") + name);
  }
  return shown;
}

std::vector<std::string> typed_names(const CLI::Option& option) {
  if (option.get_positional()) return {option.get_name(true, false)};
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames())
    names.push_back("-" + name);
  for (const std::string& name : option.get_lnames())
    names.push_back("--" + name);
  return names;
}

// CLI11 writes a type with its checks: "UINT:INT in [1 - 8]", "TEXT:{a,b}". The names of a set are
// the choices; of other checks only the type is shown.
std::string shown_value(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";  // a flag
  const std::string type = option.get_type_name();
  const size_t set = type.find('{');
  if (set != std::string::npos && type.back() == '}') {
    std::string names = type.substr(set + 1, type.size() - set - 2);
    std::replace(names.begin(), names.end(), ',', '|');
    return names;
  }
  const std::string plain = type.substr(0, type.find(':'));
  if (plain == "INT" || plain == "UINT") return "N";
  if (plain == "FLOAT") return "X";
  return plain;
}

std::vector<std::string> choices_of(const std::string& value) {
  if (value.find('|') == std::string::npos) return {};
  std::vector<std::string> choices;
  std::istringstream names(value);
  for (std::string name; std::getline(names, name, '|');)
    choices.push_back(name);
  return choices;
}

std::string shown_default(const CLI::Option& option) {
  const std::string value = option.get_default_str();
  const bool nothing = value.empty() || value == "\"\"" || value == "[]" || value == "{}";
  if (option.get_items_expected_max() == 0 || nothing) return "";
  if (option.get_description().find("default") != std::string::npos ||
      option.get_description().find("Default") != std::string::npos) {
    return "";
  }
  return value;
}

OptionRow row_of(const CLI::Option& option) {
  OptionRow row;
  row.names = typed_names(option);
  row.shown_names = shown_names(option);
  row.value = shown_value(option);
  row.choices = choices_of(row.value);
  row.description = option.get_description();
  row.default_value = shown_default(option);
  row.theme = option.get_group();
  row.positional = option.get_positional();
  row.required = option.get_required();
  row.takes_many = option.get_expected_max() == CLI::detail::expected_max_vector_size;
  return row;
}

}  // namespace

OptionTable option_table(const CLI::App& app) {
  OptionTable table{app.get_name(), app.get_description(), {}, {}, app.get_footer()};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    table.rows.push_back(row_of(*option));
  }
  for (const std::string& theme : app.get_groups()) {
    if (!theme.empty()) table.themes.push_back(theme);
  }
  std::stable_partition(table.themes.begin(), table.themes.end(),
                        [](const std::string& theme) { return theme != kCommonTheme; });
  return table;
}

std::vector<OptionGroup> option_groups(const OptionTable& table) {
  std::vector<OptionGroup> groups;
  const auto add = [&](const std::string& title, const auto& belongs) {
    OptionGroup group{title, {}};
    for (const OptionRow& row : table.rows)
      if (belongs(row)) group.rows.push_back(&row);
    if (!group.rows.empty()) groups.push_back(std::move(group));
  };
  add("Arguments", [](const OptionRow& row) { return row.positional; });
  for (const std::string& theme : table.themes)
    add(theme, [&](const OptionRow& row) { return row.theme == theme && !row.positional; });
  return groups;
}

std::string shown_option(const OptionRow& row) {
  if (row.positional) return row.shown_names;
  return row.shown_names + (row.value.empty() ? "" : " " + row.value) +
         (row.takes_many ? "..." : "");
}

std::vector<std::string> usage_words(const OptionTable& table) {
  std::vector<std::string> words;
  for (const OptionRow& row : table.rows)
    if (row.required && !row.positional) words.push_back(shown_option(row));
  for (const OptionRow& row : table.rows) {
    if (!row.positional) continue;
    words.push_back(row.required ? row.shown_names : "[" + row.shown_names + "]");
  }
  words.emplace_back("[OPTIONS]");
  return words;
}

}  // namespace stoker
