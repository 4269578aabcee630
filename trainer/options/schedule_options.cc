#include "trainer/options/schedule_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "libdata/core/choice_option.h"
#include "trainer/options/number_range.h"

namespace stoker {

void declare_schedule_options(CLI::App& app, ScheduleOptions& options) {
  add_choice(
      app, "--scheduler", options.name,
      {"cosine", "onecycle", "linear", "step", "poly", "constant"},
      "Learning rate after the warm-up; onecycle: from lr / 25 up during the warm-up (0: 0.3 "
      "of the run) and down to lr / 250000");
  app.add_option("--step-size", options.step_size, "Epochs between the drops of --scheduler step")
      ->check(CLI::Range(1, 1 << 30));
  app.add_option("--gamma", options.gamma, "Factor of each drop of --scheduler step")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--poly-power", options.poly_power, "Power of --scheduler poly")
      ->check(CLI::Range(0.0, 1e3));
}

void check_schedule_options(const ScheduleOptions& options) {
  check_range("--gamma", options.gamma, 0.0, 1.0);
  check_range("--poly-power", options.poly_power, 0.0, 1e3);
}

std::vector<std::pair<std::string, std::string>> result_options(const ScheduleOptions& options) {
  std::vector<std::pair<std::string, std::string>> list;
  if (options.name != "cosine") list.emplace_back("--scheduler", options.name);
  if (options.name == "step") {
    list.emplace_back("--step-size", fmt::format("{}", options.step_size));
    list.emplace_back("--gamma", fmt::format("{}", options.gamma));
  }
  if (options.name == "poly")
    list.emplace_back("--poly-power", fmt::format("{}", options.poly_power));
  return list;
}

}  // namespace stoker
