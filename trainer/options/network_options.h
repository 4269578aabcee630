// How a network is built and run, beside its name: the flags of `train` under "Network".
//
// Plain values. No LibTorch.
#pragma once

#include "trainer/options/option_list.h"

namespace CLI {
class App;
}

namespace stoker {

struct NetworkOptions {
  bool blurpool = false;                // ResNets (models/blur_conv.h)
  bool gradient_checkpointing = false;  // models/gradient_checkpoint.h
};

void declare_network_options(CLI::App& app, NetworkOptions& options);
// The flags that the trained weights depend on (train_options.h), where they are given.
OptionList result_options(const NetworkOptions& options);

}  // namespace stoker
