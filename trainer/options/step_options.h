// The flags of `train` that say how a step is put together.
//
// Plain values. No LibTorch.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace stoker {

struct StepOptions {
  int64_t accumulate_grad_batches = 1;
  std::string amp;  // auto|bf16|fp16; empty: float32
};

// The last step of an epoch may have fewer batches than the others.
uint64_t steps_of(uint64_t batches, const StepOptions& options);

void declare_step_options(CLI::App& app, StepOptions& options);
// Those that differ from a step of one batch: runs begun before there was a choice can be resumed.
std::vector<std::pair<std::string, std::string>> result_options(const StepOptions& options);

}  // namespace stoker
