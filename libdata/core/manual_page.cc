#include "libdata/core/manual_page.h"

#include <algorithm>
#include <cctype>

namespace stoker {
namespace {

// Text as roff takes it: nothing in it is a request, an escape or a typographic quote.
std::string escaped(const std::string& text) {
  std::string roff;
  for (const char letter : text) {
    switch (letter) {
      case '\\':
        roff += "\\e";
        break;
      case '-':
        roff += "\\-";
        break;
      case '\'':
        roff += "\\(aq";
        break;
      case '`':
        roff += "\\(ga";
        break;
      case '^':
        roff += "\\(ha";
        break;
      case '~':
        roff += "\\(ti";
        break;
      case '\n':
        roff += ' ';
        break;
      default:
        roff += letter;
    }
  }
  return roff.starts_with('.') ? "\\&" + roff : roff;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
  return text;
}

std::string without_last_stop(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string section(const std::string& title) {
  return ".SH " + title + "\n";
}

std::string option_entry(const OptionRow& row) {
  std::string entry = ".TP\n\\fB" + escaped(row.shown_names) + "\\fR";
  if (!row.positional && !row.value.empty()) entry += " \\fI" + escaped(row.value) + "\\fR";
  if (row.takes_many) entry += "...";
  entry += "\n" + escaped(row.description) + "\n";
  if (row.required) entry += "(required)\n";
  if (!row.required && !row.default_value.empty()) {
    entry += "(default " + escaped(row.default_value) + ")\n";
  }
  return entry;
}

std::string options_section(const OptionTable& table) {
  std::string text = section("OPTIONS");
  for (const OptionGroup& group : option_groups(table)) {
    text += ".SS " + escaped(group.title) + "\n";
    for (const OptionRow* row : group.rows)
      text += option_entry(*row);
  }
  return text;
}

}  // namespace

std::string manual_page(const OptionTable& table, const std::string& version) {
  std::string page = ".TH " + upper(escaped(table.program)) + " 1 \"\" \"stoker " + version +
                     "\" \"User Commands\"\n";
  page += section("NAME") + escaped(table.program) + " \\- " +
          escaped(without_last_stop(table.description)) + "\n";
  page += section("SYNOPSIS") + "\\fB" + escaped(table.program) + "\\fR";
  for (const std::string& word : usage_words(table))
    page += " " + escaped(word);
  page += "\n" + section("DESCRIPTION") + escaped(table.description) + "\n";
  page += options_section(table);
  page += section("EXIT STATUS") +
          "0 done, 1 the data is bad, 2 usage, 3 environment (files, memory, a full disk), 128 and "
          "the signal's number where a signal ended it.\n";
  if (!table.footer.empty()) page += section("NOTES") + escaped(table.footer) + "\n";
  return page;
}

}  // namespace stoker
