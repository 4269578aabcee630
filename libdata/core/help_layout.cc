#include "libdata/core/help_layout.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

namespace stoker {
namespace {

constexpr size_t kLineWidth = 100;
constexpr char kTiedSpace = '\x1f';  // a space at which no line is broken
constexpr size_t kTextColumn = 30;   // where descriptions start, after a name that leaves the room

std::string remark(const OptionRow& row) {
  if (row.required) return " (required)";
  if (row.default_value.empty()) return "";
  return std::string(" (default") + kTiedSpace + row.default_value + ")";
}

std::string option_entry(const OptionRow& row) {
  std::string text = "  " + shown_option(row);
  const std::string words = row.description + remark(row);
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

std::string usage(const OptionTable& table) {
  std::string line = "Usage: " + table.program;
  size_t column = line.size();
  for (const std::string& word : usage_words(table)) {
    if (column + 1 + word.size() > kLineWidth) {
      line += "\n      ";
      column = 6;
    }
    line += " " + word;
    column += 1 + word.size();
  }
  return line + "\n";
}

}  // namespace

std::string help_text(const OptionTable& table) {
  std::string text = table.description + "\n\n" + usage(table);
  for (const OptionGroup& group : option_groups(table)) {
    text += "\n" + group.title + ":\n";
    for (const OptionRow* row : group.rows)
      text += option_entry(*row);
  }
  if (!table.footer.empty()) text += "\n" + table.footer + "\n";
  return text;
}

void begin_options(CLI::App& app, const std::string& theme) {
  app.option_defaults()->group(theme);
}

void use_help_layout(CLI::App& app) {
  app.get_help_ptr()->group(kCommonTheme)->description("Print this and exit");
  app.formatter_fn([](const CLI::App* shown, const std::string&, CLI::AppFormatMode) {
    return help_text(option_table(*shown));
  });
}

}  // namespace stoker
