// Which flags of `train` belong to one model or optimizer: with another they would do nothing.
#pragma once

namespace CLI {
class App;
}

namespace stoker {

struct TrainOptions;

// To be called once all flags are declared. From then on parsing ends with a CLI::ValidationError,
// which names flag and owner, where a flag is given (also in a configuration file) that the chosen
// --model or --optimizer does not have, or where a path is given as an empty text.
void check_owned_flags(CLI::App& app, const TrainOptions& options);

}  // namespace stoker
