#include "trainer/options/network_options.h"

#include <CLI/CLI.hpp>

namespace stoker {

void declare_network_options(CLI::App& app, NetworkOptions& options) {
  app.add_flag("--blurpool", options.blurpool,
               "ResNets: blur what a convolution of stride 2 takes in, as FFCV's recipe does");
  app.add_flag("--gradient-checkpointing", options.gradient_checkpointing,
               "Compute activations again in the backward pass instead of keeping them: less "
               "memory, for the time of a second forward pass; the results are the same");
}

OptionList result_options(const NetworkOptions& options) {
  OptionList list;
  if (options.blurpool) list.emplace_back("--blurpool", "1");
  return list;
}

}  // namespace stoker
