#include "libdata/core/help_layout.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace stoker {
namespace {

constexpr size_t kLineWidth = 100;
constexpr char kTiedSpace = '\x1f';  // a space at which no line is broken
constexpr size_t kTextColumn = 30;   // where descriptions start, after a name that leaves the room

// "--flips,--no-flips{false}" is CLI11's name of a pair of flags.
std::string shown_names(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true, false);
  std::string shown;
  const std::vector<std::string>& names = option.get_lnames();
  const bool pair = names.size() == 2 && names[1] == "no-" + names[0];
  for (const std::string& name : option.get_snames())
    shown += (shown.empty() ? "-" : ", -") + name;
  if (pair) return shown + (shown.empty() ? "" : ", ") + "--[no-]" + names[0];
  for (const std::string& name : names)
    shown += (shown.empty() ? "--" : ", --") + name;
  return shown;
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

std::string left_column(const CLI::Option& option) {
  std::string text = "  " + shown_names(option);
  if (option.get_positional()) return text;
  const std::string value = shown_value(option);
  if (!value.empty()) text += " " + value;
  if (option.get_expected_max() == CLI::detail::expected_max_vector_size) text += "...";
  return text;
}

// Nothing where there is no default, where it is "no", or where the description tells it.
std::string shown_default(const CLI::Option& option) {
  const std::string value = option.get_default_str();
  const bool nothing = value.empty() || value == "\"\"" || value == "[]" || value == "{}";
  if (option.get_required()) return " (required)";
  if (option.get_items_expected_max() == 0 || nothing) return "";
  if (option.get_description().find("default") != std::string::npos ||
      option.get_description().find("Default") != std::string::npos) {
    return "";
  }
  return fmt::format(" (default{}{})", kTiedSpace, value);
}

std::string option_entry(const CLI::Option& option) {
  std::string text = left_column(option);
  const std::string words = option.get_description() + shown_default(option);
  size_t column = std::max(kTextColumn, text.size() + 2);
  if (column > kTextColumn && column + words.size() > kLineWidth) {
    text += '\n';
    text += std::string(kTextColumn, ' ');
    column = kTextColumn;
  } else {
    text.resize(column, ' ');
  }
  bool first_word = true;
  for (size_t begin = 0; begin < words.size();) {
    const size_t end = std::min(words.find(' ', begin), words.size());
    const std::string_view word(words.data() + begin, end - begin);
    if (!first_word && column + 1 + word.size() > kLineWidth) {
      text += '\n';
      text += std::string(kTextColumn, ' ');
      column = kTextColumn;
    } else if (!first_word) {
      text += ' ';
      ++column;
    }
    text += word;
    column += word.size();
    first_word = false;
    begin = end + 1;
  }
  std::replace(text.begin(), text.end(), kTiedSpace, ' ');
  return text + "\n";
}

std::string usage(const CLI::App& app) {
  std::string line = "Usage: " + app.get_name();
  std::vector<std::string> words;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_required() || option->get_positional()) continue;
    words.push_back(left_column(*option).substr(2));
  }
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = option->get_name(true, false);
    words.push_back(option->get_required() ? name : "[" + name + "]");
  }
  words.emplace_back("[OPTIONS]");
  size_t column = line.size();
  for (const std::string& word : words) {
    if (column + 1 + word.size() > kLineWidth) {
      line += "\n      ";
      column = 6;
    }
    line += " " + word;
    column += 1 + word.size();
  }
  return line + "\n";
}

std::string help_text(const CLI::App& app) {
  std::string text = app.get_description() + "\n\n" + usage(app);
  const auto add_group = [&](const std::string& title, const auto& belongs) {
    std::string entries;
    for (const CLI::Option* option : app.get_options())
      if (belongs(*option)) entries += option_entry(*option);
    if (!entries.empty()) text += "\n" + title + ":\n" + entries;
  };
  add_group("Arguments", [](const CLI::Option& option) {
    return !option.get_group().empty() && option.get_positional();
  });
  std::vector<std::string> groups = app.get_groups();
  std::stable_partition(groups.begin(), groups.end(),
                        [](const std::string& group) { return group != kCommonTheme; });
  for (const std::string& group : groups) {
    if (group.empty()) continue;  // hidden
    add_group(group, [&](const CLI::Option& option) {
      return option.get_group() == group && option.nonpositional();
    });
  }
  if (!app.get_footer().empty()) text += "\n" + app.get_footer() + "\n";
  return text;
}

}  // namespace

void begin_options(CLI::App& app, const std::string& theme) {
  app.option_defaults()->group(theme);
}

void use_help_layout(CLI::App& app) {
  app.get_help_ptr()->group(kCommonTheme)->description("Print this and exit");
  app.formatter_fn([](const CLI::App* shown, const std::string&, CLI::AppFormatMode) {
    return help_text(*shown);
  });
}

}  // namespace stoker
