// How validation judges a network: the flags of `train` under "Validation".
//
// Plain values.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace stoker {

struct ValidationOptions {
  std::string best_metric;   // best_metric.h; empty: the task's own
  std::string tta = "none";  // none|flip

  bool flips() const { return tta == "flip"; }
  // What is asked for is a loss, which is no share.
  bool judges_by_loss() const { return best_metric == "loss" || best_metric == "val_loss"; }
};

void declare_validation_options(CLI::App& app, ValidationOptions& options);

}  // namespace stoker
