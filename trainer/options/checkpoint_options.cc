#include <CLI/CLI.hpp>
#include <algorithm>

#include "libdata/core/help_layout.h"
#include "trainer/options/run_options.h"

namespace stoker {
namespace {

bool is_plain_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char letter) { return '0' <= letter && letter <= '9'; });
}

void declare_periods(CLI::App& app, RunOptions& run) {
  CLI::Option* every =
      app.add_option("--save-every", run.save_every,
                     "Checkpoint period: 2e (epochs), 500 or 500u (updates), 10m, 2h")
          ->type_name("PERIOD");
  app.add_option_function<std::string>(
         "--checkpoint-interval,--checkpoint-freq",
         [&run](const std::string& text) {
           run.save_every = is_plain_number(text) ? text + "e" : text;
         },
         "The same, where a plain number is one of epochs")
      ->excludes(every)
      ->type_name("PERIOD");
}

void declare_starts(CLI::App& app, RunOptions& run) {
  app.add_flag("--auto-resume,--resume-latest,!--no-auto-resume", run.auto_resume,
               "Continue from the newest whole checkpoint of the run, or start if there is none");
  app.add_option("--resume", run.resume,
                 "Continue from this checkpoint, or the newest one of this run's folder; without "
                 "a path from the newest of the output folder, which must be there")
      ->expected(0, 1)
      ->default_str(kNewest)
      ->type_name("[PATH]");
  app.add_flag("--force", run.force, "Throw away an earlier run in --output-dir");
  app.add_option(
         "--init-from", run.init_from,
         "Start from the weights in this safetensors file; a head of another size is left out")
      ->type_name("FILE");
}

}  // namespace

void declare_checkpoint_options(CLI::App& app, RunOptions& run) {
  begin_options(app, "Checkpoints");
  app.add_option("--checkpoint-dir", run.checkpoint_dir,
                 "Where checkpoints/ lies; default: --output-dir, and where only this is given it "
                 "is the output folder")
      ->type_name("DIR");
  declare_periods(app, run);
  CLI::Option* keep = app.add_option("--keep-last", run.keep_last, "Checkpoints kept")
                          ->check(CLI::Range(1, 1 << 20));
  app.add_flag("--save-best-only", run.save_best_only,
               "Keep the best weights and, of checkpoints, only the newest, from which the run can "
               "be resumed")
      ->excludes(keep);
  app.add_option("--after-save", run.after_save,
                 "Command for the shell after each checkpoint, whose path is in "
                 "STOKER_CHECKPOINT; training goes on meanwhile, a failure is a warning")
      ->type_name("COMMAND");
  declare_starts(app, run);
}

}  // namespace stoker
