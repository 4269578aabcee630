#include "trainer/options/run_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "libdata/core/error.h"
#include "libdata/core/help_layout.h"
#include "trainer/options/duration.h"
#include "trainer/options/number_range.h"
#include "trainer/options/period.h"

namespace stoker {
namespace {

void check_target(RunOptions& run, bool is_share) {
  check_range("--target-accuracy", run.target_accuracy, 0.0, 100.0);
  if (is_share && run.target_accuracy > 1.0) run.target_accuracy /= 100.0;
}

// An output folder that was not named follows from what was.
void settle_folders(RunOptions& run, bool keeps_nothing) {
  const bool resumes_path = !run.resume.empty() && run.resume != kNewest;
  if (run.output_dir.empty() && !run.checkpoint_dir.empty()) run.output_dir = run.checkpoint_dir;
  if (run.output_dir.empty() && resumes_path) run.output_dir = run_of_checkpoint(run.resume);
  if (run.output_dir.empty() && !keeps_nothing) {
    throw Error(ErrorCode::kInvalidArgument,
                "--output-dir is missing: the folder for checkpoints, metrics.jsonl and weights");
  }
  if (run.checkpoint_dir.empty()) run.checkpoint_dir = run.output_dir;
  if (run.log_dir.empty()) run.log_dir = run.output_dir;
}

void check_starts(const RunOptions& run) {
  const int ways = int{run.auto_resume} + int{run.force} + int{!run.resume.empty()};
  if (ways > 1) {
    throw Error(ErrorCode::kInvalidArgument,
                "--auto-resume, --resume and --force: a run goes on or begins anew, give one");
  }
}

}  // namespace

void declare_run_options(CLI::App& app, RunOptions& run) {
  begin_options(app, "Run");
  app.add_option("--output-dir", run.output_dir,
                 "For checkpoints, metrics.jsonl, weights; needed, where --checkpoint-dir or "
                 "--resume does not name one")
      ->type_name("DIR");
  app.add_option("--log-dir", run.log_dir, "For metrics.jsonl; default: --output-dir")
      ->type_name("DIR");
  app.add_option("--epochs", run.epochs, "Passes over the training data")
      ->check(CLI::Range(1, 1 << 30));
  app.add_option("--target-accuracy", run.target_accuracy,
                 "End, as a success, once the value by which the best weights are kept "
                 "(--best-metric) is this: 78 or 0.78, or a loss this low; 0: do not")
      ->check(CLI::Range(0.0, 100.0));
  app.add_option("--max-time", run.max_time,
                 "Save and stop before so much time has passed, as after SIGTERM: 3h, 90m, "
                 "1h30m; default: what SLURM_JOB_END_TIME leaves, where that is set")
      ->type_name("TIME");
  app.add_option("--export", run.export_form,
                 "Form of the best and the final weights: safetensors; torchscript: besides, a "
                 "file for torch.jit.load, which needs no code of the network")
      ->check(CLI::IsMember({"safetensors", "torchscript"}));
  app.add_option("--price-per-hour", run.price_per_hour,
                 "Of the machine, for what --dry-run and --preflight say a run would cost")
      ->check(CLI::Range(0.0, 1e9));
  app.add_option("--seed", run.seed, "Of weights, order and augmentation");
  app.add_option("--device", run.device, "auto, cpu, cuda or cuda:N");
  app.add_option("--eval-every", run.eval_every,
                 "Epochs between validations; the last always has one")
      ->check(CLI::Range(1, 1 << 30));
  app.add_option("--limit-batches", run.limit_batches,
                 "Stop each epoch, and each validation, after so many batches; 0: do not")
      ->check(CLI::Range(0, 1 << 30));
  app.add_option("--log-every,--print-freq", run.log_every, "Steps between lines of metrics.jsonl")
      ->check(CLI::Range(1, 1 << 30));
  app.add_option(
         "--max-bad-steps", run.max_bad_steps,
         "Steps in a row that may be left out because the loss or its gradient is not finite")
      ->check(CLI::Range(0, 1 << 30));
}

void settle_run_options(RunOptions& run, bool keeps_nothing, bool target_is_share) {
  parse_period(run.save_every);
  if (!run.max_time.empty()) parse_duration(run.max_time);
  check_target(run, target_is_share);
  check_starts(run);
  settle_folders(run, keeps_nothing);
  if (run.save_best_only) run.keep_last = 1;
}

std::string run_of_checkpoint(const std::string& path) {
  namespace fs = std::filesystem;
  const fs::path full = (fs::absolute(path) / "").lexically_normal().parent_path();
  const fs::path parent = full.parent_path();
  return parent.filename() == "checkpoints" ? parent.parent_path().string() : path;
}

OptionList result_options(const RunOptions& run) {
  // Not here: where it is kept, how often it saves or logs, when it ends early.
  return {{"--epochs", fmt::format("{}", run.epochs)},
          {"--seed", fmt::format("{}", run.seed)},
          {"--limit-batches", fmt::format("{}", run.limit_batches)}};
}

}  // namespace stoker
