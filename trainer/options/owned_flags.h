// Which flags of `train` belong to one model or optimizer: with another they would do nothing.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace stoker {

struct TrainOptions;

struct IdleFlag {
  std::string name;    // "--momentum"
  std::string owner;   // "--optimizer sgd"
  std::string chosen;  // "adamw"
};

// Those that the chosen model, optimizer and scheduler do not have. After parsing.
std::vector<IdleFlag> idle_flags(const TrainOptions& options);

// CLI::ValidationError, which names flag and owner, where one of those was given (also in a
// configuration file), or where a path was given as an empty text. After parsing.
void check_owned_flags(const CLI::App& app, const TrainOptions& options);

}  // namespace stoker
