// A program's options as plain values: what --help, the manual page and the shell's completion are
// written from, so that the three can't differ.
//
// Hidden options (of the theme "") are not in it.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace stoker {

// The theme of what run_program declares, --help among it; it is listed last.
inline constexpr const char* kCommonTheme = "Every program";

struct OptionRow {
  std::vector<std::string> names;    // as typed: "-h", "--help"; of a positional one only its word
  std::string shown_names;           // "-h, --help", "--[no-]flips"
  std::string value;                 // "FILE", "N", "stop|skip"; "" for a flag
  std::vector<std::string> choices;  // {"stop", "skip"}; empty where any value goes
  std::string description;
  std::string default_value;  // "" where there is none worth a word, or the description tells it
  std::string theme;
  bool positional = false;
  bool required = false;
  bool takes_many = false;  // values, or repeats
};

struct OptionTable {
  std::string program;
  std::string description;
  std::vector<OptionRow> rows;      // in the order of declaration
  std::vector<std::string> themes;  // in the order in which they are shown
  std::string footer;               // said after the options; "" for nothing
};

OptionTable option_table(const CLI::App& app);

// The rows of one theme, in the order of declaration; they point into the table.
struct OptionGroup {
  std::string title;
  std::vector<const OptionRow*> rows;
};

// As the rows are shown: positional ones first, as "Arguments", then theme by theme. No group is
// empty.
std::vector<OptionGroup> option_groups(const OptionTable& table);

// "stop|skip...": the option's names, value and dots, as --help and the manual page show them.
std::string shown_option(const OptionRow& row);

// The words after the program's name: what must be given, then [OPTIONS].
std::vector<std::string> usage_words(const OptionTable& table);

}  // namespace stoker
