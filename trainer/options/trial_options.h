// Runs that are not meant to train a network: they try one out, judge one, or say what a run would
// take. The flags of `train` under "Trials and checks".
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

struct TrialOptions {
  int64_t overfit_batches = 0;  // the same ones every epoch, not augmented; 0: off
  bool fake_data = false;       // images made up on the device, no data set
  int64_t fake_classes = 1000;
  int64_t fake_samples = 0;  // of an epoch; 0: 100 batches
  bool eval_only = false;
  bool dry_run = false;
  bool preflight = false;
  std::string json;  // report of eval_only, dry_run and preflight; empty: none

  // Whether the run keeps nothing in an output folder.
  bool keeps_nothing() const { return eval_only || dry_run || preflight; }
};

void declare_trial_options(CLI::App& app, TrialOptions& options);

// InvalidArgument where two flags do not go together.
void check_trial_options(const TrialOptions& options);

// The flags that the trained weights depend on (train_options.h), where they are given.
OptionList result_options(const TrialOptions& options);

}  // namespace stoker
