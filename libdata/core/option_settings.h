// What every option of a program is set to, and such settings as a JSON object, which --config
// takes back: "options" of a file like
//
//   {"program": "train", "options": {"batch-size": 64, "shards": ["a", "b"], "use-ema": true}}
//
// An option is called by the first of its names; a flag is true or false, a number is one where
// JSON can write it, a list is an array. Plain values. Errors: InvalidArgument from parse_settings.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace stoker {

struct OptionSetting {
  enum class Kind { kText, kNumber, kSwitch };

  std::vector<std::string> names;   // "data", "shards"
  std::vector<std::string> values;  // as given, else the default; empty where there is none
  Kind kind = Kind::kText;
  bool is_list = false;
};

// After parsing, in the order of declaration. Left out: hidden options, those that no configuration
// file may set (--help), flags that were not given, and what could not be given beside what was.
std::vector<OptionSetting> option_settings(const CLI::App& app);

// Those that have values.
nlohmann::ordered_json encode_settings(const std::vector<OptionSetting>& settings);

struct ParsedSetting {
  std::string name;
  std::vector<std::string> values;
};

// Out of the object's member "options", or the object itself where it has none. Members that are
// null are left out. InvalidArgument for text that is no JSON object, and for a value that is none
// of text, number, truth value and a list of those.
std::vector<ParsedSetting> parse_settings(std::string_view json);

}  // namespace stoker
