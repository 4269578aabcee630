#include "trainer/options/step_options.h"

#include <CLI/CLI.hpp>

namespace stoker {

uint64_t steps_of(uint64_t batches, const StepOptions& options) {
  const auto of_a_step = static_cast<uint64_t>(options.accumulate_grad_batches);
  return (batches + of_a_step - 1) / of_a_step;
}

void declare_step_options(CLI::App& app, StepOptions& options) {
  app.add_option("--accumulate-grad-batches,--accumulate-grad", options.accumulate_grad_batches,
                 "Batches that a step learns from as from one; they lie in memory together, their "
                 "activations do not")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--amp", options.amp,
                 "Forward passes in 16-bit numbers, losses in float32: bf16, fp16 (GPU), or auto, "
                 "what the device has; without a value auto")
      ->expected(0, 1)
      ->default_str("auto")
      ->check(CLI::IsMember({"auto", "bf16", "fp16"}));
}

std::vector<std::pair<std::string, std::string>> result_options(const StepOptions& options) {
  std::vector<std::pair<std::string, std::string>> list;
  if (options.accumulate_grad_batches != 1) {
    list.emplace_back("--accumulate-grad-batches", std::to_string(options.accumulate_grad_batches));
  }
  if (!options.amp.empty()) list.emplace_back("--amp", options.amp);
  return list;
}

}  // namespace stoker
