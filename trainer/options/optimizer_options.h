// How weights are moved: the flags of `train` under "Optimiser".
//
// Plain values.
#pragma once

#include <cstdint>
#include <string>

#include "trainer/options/option_list.h"

namespace CLI {
class App;
}

namespace stoker {

struct OptimizerOptions {
  std::string name;  // sgd|adamw; empty: sgd, for unet3d adamw
  double lr = 0.0;   // 0: 0.1 * batch size / 256 for sgd, 1e-3 for adamw
  double min_lr = 0.0;
  double momentum = 0.9;  // sgd
  bool nesterov = false;  // sgd
  double beta1 = 0.9;     // adamw
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 1e-4;  // not on 1-D parameters: biases and norms
  double warmup_epochs = 0.0;
  double clip_grad_norm = -1.0;  // 0: off; below: off, for unet3d 1
};

void declare_optimizer_options(CLI::App& app, OptimizerOptions& options);

std::string default_optimizer(const std::string& model);

// Fills in what the flags left open. `epochs`: of the run. InvalidArgument where a number is out of
// its range, or two flags do not go together.
void settle_optimizer_options(OptimizerOptions& options, const std::string& model,
                              int64_t batch_size, int64_t epochs);

// The flags that the trained weights depend on (train_options.h).
OptionList result_options(const OptimizerOptions& options);

}  // namespace stoker
