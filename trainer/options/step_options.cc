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
}

std::vector<std::pair<std::string, std::string>> result_options(const StepOptions& options) {
  if (options.accumulate_grad_batches == 1) return {};
  return {{"--accumulate-grad-batches", std::to_string(options.accumulate_grad_batches)}};
}

}  // namespace stoker
