#include "libdata/core/choice_option.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>

namespace stoker {

CLI::Option* add_named_choice(CLI::App& app, const std::string& option,
                              const std::vector<std::string>& names,
                              const std::string& default_name, std::function<void(size_t)> chosen,
                              const std::string& description) {
  const auto find = [names](const std::string& text) {
    return std::find_if(names.begin(), names.end(),
                        [&](const std::string& name) {
                          return CLI::detail::to_lower(name) == CLI::detail::to_lower(text);
                        }) -
           names.begin();
  };
  const auto complaint = [names, find](const std::string& text) {
    if (find(text) < static_cast<std::ptrdiff_t>(names.size())) return std::string();
    return fmt::format("expected {}, found '{}'", fmt::join(names, ", "), text);
  };
  return app
      .add_option_function<std::string>(
          option, [=](const std::string& text) { chosen(static_cast<size_t>(find(text))); },
          description)
      ->check(CLI::Validator([complaint](std::string& text) { return complaint(text); }, ""))
      ->type_name(fmt::format("{}", fmt::join(names, "|")))
      ->default_str(default_name);
}

CLI::Option* add_choice(CLI::App& app, const std::string& option, std::string& value,
                        const std::vector<std::string>& names, const std::string& description) {
  return add_named_choice(
      app, option, names, value, [&value, names](size_t i) { value = names[i]; }, description);
}

CLI::Option* add_switch(CLI::App& app, const std::string& option, std::optional<bool>& value,
                        const std::string& description) {
  const std::string negative = "!--no-" + option.substr(2);
  return app.add_flag_function(
      option + "," + negative, [&value](std::int64_t count) { value = count > 0; }, description);
}

}  // namespace stoker
