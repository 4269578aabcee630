// What every program asks of its command line beyond what the parser does by itself.
//
//   check_numbers: no NaN or infinity for a real number, no minus sign for a count (the parser
//   takes
//     -1 for 2^64 - 1), whatever the option
//   check_config_file: --config with a key or a section that no option stands for is an error that
//     names the nearest option, not silence
//   unknown_arguments: what to say of arguments that no option takes, with the nearest name
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace stoker {

void check_numbers(CLI::App& app);      // after everything is declared
void check_config_file(CLI::App& app);  // any time before parsing

// `arguments` as the user typed them: "unknown option --epoch (did you mean --epochs?)".
std::string unknown_arguments(const CLI::App& app, const std::vector<std::string>& arguments);

// The option's long name, without dashes, that differs least from `name`; empty where none is near.
std::string nearest_option(const CLI::App& app, const std::string& name);

}  // namespace stoker
