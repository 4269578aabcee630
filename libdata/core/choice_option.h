// An option whose value is one of a few names: --on-error stop|skip.
//
//   add_choice(app, "--on-error", options.on_error,
//              {{"stop", OnError::kStop}, {"skip", OnError::kSkip}}, "At a damaged sample");
//
// The default is the value that the variable has. Letter case is ignored. Anything else is a usage
// error that lists the names. --help shows the names as stop|skip (help_layout.h).
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace stoker {

// `chosen` gets the position in `names`; `default_name` is what --help shows.
CLI::Option* add_named_choice(CLI::App& app, const std::string& option,
                              const std::vector<std::string>& names,
                              const std::string& default_name, std::function<void(size_t)> chosen,
                              const std::string& description);

template <typename Value>
CLI::Option* add_choice(CLI::App& app, const std::string& option, Value& value,
                        std::initializer_list<std::pair<const char*, Value>> choices,
                        const std::string& description) {
  std::vector<std::string> names;
  std::vector<Value> values;
  std::string default_name;
  for (const auto& [name, meaning] : choices) {
    names.emplace_back(name);
    values.push_back(meaning);
    if (meaning == value) default_name = name;
  }
  return add_named_choice(
      app, option, names, default_name, [&value, values](size_t i) { value = values[i]; },
      description);
}

// The same where the value is the name itself.
CLI::Option* add_choice(CLI::App& app, const std::string& option, std::string& value,
                        const std::vector<std::string>& names, const std::string& description);

// --NAME and --no-NAME; without either the value stays what it is, by default nothing.
CLI::Option* add_switch(CLI::App& app, const std::string& option, std::optional<bool>& value,
                        const std::string& description);

}  // namespace stoker
