// The flags of `train` that keep a network from learning its data by heart: images mixed with each
// other, weights averaged over steps.
//
// Plain values. No LibTorch.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace stoker {

struct RegularizationOptions {
  double mixup_alpha = 0.0;   // 0: no mixup
  double cutmix_alpha = 0.0;  // 0: no cutmix; or 1, where cutmix_prob is above 0
  double cutmix_prob = -1.0;  // of a batch; below 0: 1, or 0.5 beside mixup
  bool use_ema = false;
  double ema_decay = 0.9999;

  bool mixes() const { return mixup_alpha > 0.0 || cutmix_alpha > 0.0; }
};

void declare_regularization_options(CLI::App& app, RegularizationOptions& options);
// Checks, and fills in what follows from other flags. InvalidArgument.
void settle_regularization_options(RegularizationOptions& options);
// Of settled options, those that are not off.
std::vector<std::pair<std::string, std::string>> result_options(
    const RegularizationOptions& options);

}  // namespace stoker
