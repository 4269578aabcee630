#include "libdata/core/option_checks.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <memory>
#include <numeric>
#include <sstream>

#include "libdata/core/error.h"
#include "libdata/core/option_settings.h"
#include "libdata/core/text_lines.h"

namespace stoker {
namespace {

std::string refuse_what_is_no_real_number(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const size_t begin = std::min(text.find_first_not_of(" +"), text.size());
  const auto [rest, status] = std::from_chars(text.data() + begin, end, value);
  const bool too_large_or_small = status == std::errc::result_out_of_range;
  if (too_large_or_small || (status == std::errc() && !std::isfinite(value))) {
    return fmt::format("expected a finite number, found '{}'", text);
  }
  return "";
}

template <typename Whole>
bool overflows(const std::string& text) {
  Whole value = 0;
  const size_t begin = std::min(text.find_first_not_of(" +"), text.size());
  const auto status = std::from_chars(text.data() + begin, text.data() + text.size(), value).ec;
  return status == std::errc::result_out_of_range;
}

std::string refuse_what_is_no_count(const std::string& text) {
  if (text.find('-') == std::string::npos && !overflows<uint64_t>(text)) return "";
  return fmt::format("expected a whole number of 0 or more, below 2^64, found '{}'", text);
}

// The parser takes what is too large for the largest number.
std::string refuse_what_is_too_large(const std::string& text) {
  if (!overflows<int64_t>(text)) return "";
  return fmt::format("expected a whole number below 2^63, found '{}'", text);
}

// Single edits (a letter more, less, other, or two swapped) between two short words.
size_t edits_between(const std::string& a, const std::string& b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    std::vector<size_t> row(b.size() + 1, i);
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::move(last);
    last = std::move(row);
  }
  return last.back();
}

std::string hint_of(const CLI::App& app, const std::string& name) {
  const std::string nearest = nearest_option(app, name);
  return nearest.empty() ? "" : fmt::format(" (did you mean --{}?)", nearest);
}

// A file that begins with '{' is JSON; anything else is the parser's own affair.
std::vector<CLI::ConfigItem> read_json(const std::string& text) {
  std::vector<CLI::ConfigItem> items;
  try {
    for (const ParsedSetting& setting : parse_settings(text))
      items.push_back({{}, setting.name, setting.values});
  } catch (const Error& error) {
    throw CLI::ConfigError(std::string("--config: ") + error.what());
  }
  return items;
}

// What is read, and then a look at it.
class CheckedConfig : public CLI::ConfigTOML {
 public:
  explicit CheckedConfig(const CLI::App& app) : app_(app) {}

  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    const std::string text = plain_config({std::istreambuf_iterator<char>(input), {}});
    const size_t begin = text.find_first_not_of(" \t\r\n");
    std::istringstream plain(text);
    std::vector<CLI::ConfigItem> items = begin != std::string::npos && text[begin] == '{'
                                             ? read_json(text)
                                             : CLI::ConfigTOML::from_config(plain);
    for (const CLI::ConfigItem& item : items)
      check(item);
    return items;
  }

 private:
  static std::string plain_config(const std::string& text) {
    try {
      return std::string(plain_text(text));
    } catch (const Error& error) {
      throw CLI::ConfigError("--config: " + error.message());
    }
  }

  void check(const CLI::ConfigItem& item) const {
    if (!item.parents.empty()) {
      throw CLI::ConfigError(fmt::format(
          "--config: options stand without sections; found the section or dotted key '{}'",
          fmt::join(item.parents, ".")));
    }
    const CLI::Option* option = app_.get_option_no_throw("--" + item.name);
    if (option != nullptr && option->get_configurable()) return;
    throw CLI::ConfigError(
        fmt::format("--config: no option is named '{}'{}", item.name, hint_of(app_, item.name)));
  }

  const CLI::App& app_;
};

}  // namespace

void check_numbers(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    const std::string type = option->get_type_name();
    if (type.starts_with("FLOAT")) option->check(refuse_what_is_no_real_number);
    if (type.starts_with("UINT")) option->check(refuse_what_is_no_count);
    if (type.starts_with("INT")) option->check(refuse_what_is_too_large);
  }
}

void check_config_file(CLI::App& app) {
  app.config_formatter(std::make_shared<CheckedConfig>(app));
}

std::string nearest_option(const CLI::App& app, const std::string& name) {
  std::string nearest;
  size_t least = std::max<size_t>(2, name.size() / 3) + 1;  // beyond that it is another word
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    for (const std::string& known : option->get_lnames()) {
      size_t edits = edits_between(name, known);
      // A beginning or an ending of a name is near, however much is missing: "size", "shard".
      if (name.size() > 3 && (known.starts_with(name) || known.ends_with(name))) {
        edits = std::min<size_t>(edits, 2);
      }
      if (edits < least) {
        least = edits;
        nearest = known;
      }
    }
  }
  return nearest;
}

std::string unknown_arguments(const CLI::App& app, const std::vector<std::string>& arguments) {
  std::string text;
  for (const std::string& argument : arguments) {
    if (!text.empty()) text += "; ";
    if (!argument.starts_with("-")) {
      text += fmt::format("unexpected argument '{}'", argument);
      continue;
    }
    std::string name = argument.substr(0, argument.find('='));
    text += "unknown option " + name;
    name.erase(0, name.find_first_not_of('-'));
    text += hint_of(app, name);
  }
  return text;
}

}  // namespace stoker
