#include "trainer/options/trial_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "libdata/core/error.h"
#include "libdata/core/help_layout.h"

namespace stoker {

void declare_trial_options(CLI::App& app, TrialOptions& trial) {
  begin_options(app, "Trials and checks");
  app.add_option("--overfit-batches", trial.overfit_batches,
                 "Learn from the first N batches alone, the same every epoch, without "
                 "augmentation: the loss must fall to nothing; 0: all batches")
      ->check(CLI::Range(0, 1 << 30));
  app.add_flag("--fake-data", trial.fake_data,
               "Learn from made-up images instead of --data, to measure speed without a loader");
  app.add_option("--fake-classes", trial.fake_classes, "Classes of --fake-data")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--fake-samples", trial.fake_samples,
                 "Images in an epoch of --fake-data; 0: 100 batches")
      ->check(CLI::Range(0, 1 << 30));
  app.add_flag("--eval-only", trial.eval_only,
               "Validate the weights of --init-from or --resume, print the values, train nothing");
  app.add_flag("--dry-run", trial.dry_run,
               "Say what the run would take (steps, parameters, memory, time, cost), from 20 steps "
               "of a trial; writes nothing");
  app.add_flag("--preflight", trial.preflight,
               "Check data, learning, memory, speed and saving before a long run; a table of what "
               "passed, exit code 1 where something failed; writes nothing");
  app.add_option("--json", trial.json, "Report of --eval-only, --dry-run or --preflight")
      ->type_name("FILE");
}

void check_trial_options(const TrialOptions& trial) {
  const int chosen = int{trial.eval_only} + int{trial.dry_run} + int{trial.preflight};
  if (chosen > 1) {
    throw Error(ErrorCode::kInvalidArgument,
                "--eval-only, --dry-run and --preflight: give one of them");
  }
  if (!trial.json.empty() && chosen == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                "--json is the report of --eval-only, --dry-run or --preflight; a run's figures "
                "are in metrics.jsonl");
  }
  if (trial.fake_data && trial.eval_only) {
    throw Error(ErrorCode::kInvalidArgument, "--eval-only has nothing to judge by in --fake-data");
  }
}

OptionList result_options(const TrialOptions& trial) {
  OptionList list;
  if (trial.overfit_batches > 0)
    list.emplace_back("--overfit-batches", fmt::format("{}", trial.overfit_batches));
  if (trial.fake_data) {
    list.emplace_back("--fake-classes", fmt::format("{}", trial.fake_classes));
    list.emplace_back("--fake-samples", fmt::format("{}", trial.fake_samples));
  }
  return list;
}

}  // namespace stoker
