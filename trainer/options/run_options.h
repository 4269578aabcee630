// How a run goes: how long, where it is kept, when it saves, from what it goes on. The flags of
// `train` under "Run" and "Checkpoints".
//
// Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "trainer/options/option_list.h"

namespace CLI {
class App;
}

namespace stoker {

struct RunOptions {
  std::string output_dir;
  std::string checkpoint_dir;  // holds checkpoints/; empty: output_dir
  std::string log_dir;         // holds metrics.jsonl; empty: output_dir
  int64_t epochs = 10;
  uint64_t seed = 0;
  std::string device = "auto";  // auto|cpu|cuda|cuda:N
  bool auto_resume = false;
  std::string resume;     // a checkpoint, a run's folder, or kNewest; empty: no
  bool force = false;     // throw away a run that is in output_dir
  std::string init_from;  // safetensors file with starting weights
  std::string save_every = "1e";
  int64_t keep_last = 2;
  bool save_best_only = false;   // with the best weights only what it takes to resume
  std::string after_save;        // a command for the shell, run after each checkpoint
  int64_t eval_every = 1;        // epochs
  int64_t limit_batches = 0;     // of an epoch, training and validation; 0: all
  int64_t log_every = 50;        // steps between lines of metrics.jsonl
  int64_t max_bad_steps = 10;    // left out in a row (not finite) before the run ends
  double target_accuracy = 0.0;  // of the best validation value, as a share; 0: none
  std::string max_time;          // of this process (duration.h); empty: SLURM_JOB_END_TIME, if any
  std::string export_form = "safetensors";  // or torchscript, of best and final weights besides
  double price_per_hour = 0.0;              // of the machine, in any currency
  // No flags. When the process must have ended, by --max-time (time_limit.h).
  std::optional<std::chrono::steady_clock::time_point> ends_at;
  // Threads, device and library, which the last bits depend on (train_run.cc).
  OptionList made_with;
};

// --resume without a path: the newest checkpoint of the run that is in the output folder.
inline constexpr const char* kNewest = "newest";

void declare_run_options(CLI::App& app, RunOptions& options);
void declare_checkpoint_options(CLI::App& app, RunOptions& options);

// Fills in what the flags left open. `keeps_nothing`: the run needs no folder; `target_is_share`:
// may be given in percent. InvalidArgument where a value cannot be read, or two flags do not go
// together.
void settle_run_options(RunOptions& options, bool keeps_nothing, bool target_is_share = true);

// "epoch-00003-step-00000000" or what lies in a run's checkpoints/: the folder of the run it is of,
// whose other files lie beside checkpoints/. Any other path is one of a run itself.
std::string run_of_checkpoint(const std::string& path);

// The flags that the trained weights depend on (train_options.h).
OptionList result_options(const RunOptions& options);

}  // namespace stoker
