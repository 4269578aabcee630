#include "trainer/run/evaluate_run.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "trainer/feed/skipped_lines.h"
#include "trainer/models/classifier.h"
#include "trainer/run/checkpoint_folder.h"
#include "trainer/run/resume_source.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {

namespace fs = std::filesystem;

namespace {

// With blurs or without, a network has the same weights, and other outputs.
void check_blurpool(const SafetensorsFile& file, const Task& task) {
  const auto& metadata = file.table().metadata;
  const bool with = metadata.contains(kBlurPoolKey);
  if (!metadata.contains("model")) return;  // somebody else's file does not say
  if (with == task.metadata.contains(kBlurPoolKey)) return;
  throw Error(ErrorCode::kInvalidArgument,
              with ? "these weights are of a network with --blurpool: give it"
                   : "--blurpool: these weights are of a network without it",
              file.path());
}

}  // namespace

fs::path weights_to_evaluate(const RunOptions& run) {
  if (!run.init_from.empty()) return run.init_from;
  const bool newest = run.auto_resume || run.resume == kNewest;
  const fs::path named = newest ? checkpoint_root(run) : fs::path(run.resume);
  if (named.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--eval-only: which weights? --init-from FILE, or --resume with a checkpoint or a "
                "run's folder");
  }
  if (fs::exists(named / kStateFile)) return named / kModelFile;
  const std::vector<FoundCheckpoint> checkpoints = list_checkpoints(named);
  if (!checkpoints.empty()) return checkpoints.back().path / kModelFile;
  throw Error(ErrorCode::kNotFound, "--eval-only: found no checkpoint there", named.string());
}

void evaluate_weights(Task& task, const TrainOptions& options) {
  if (!task.evaluator) {
    throw Error(ErrorCode::kInvalidArgument,
                "--eval-only: no validation data; name it with --val-data");
  }
  const SafetensorsFile file(weights_to_evaluate(options.run));
  check_blurpool(file, task);
  check_finite(file);
  read_tensors(file, state_dict(task.model()));
  spdlog::info("weights of {}", file.path());

  const torch::NoGradGuard no_grad;
  task.model().eval();
  const NamedValues values = task.evaluator->finish(task.evaluator->evaluate());
  SkippedLines skipped;
  skipped.take("validation", task.evaluator->skipped());
  for (const std::string& line : skipped.lines())
    spdlog::warn("left out: {}", line);
  nlohmann::ordered_json report{{"weights", file.path()}};
  for (const auto& [name, value] : values) {
    std::fputs(fmt::format("{} {:.6g}\n", name, value).c_str(), stdout);
    report[name] = value;
  }
  if (!options.trial.json.empty()) write_file_atomically(options.trial.json, report.dump(2) + "\n");
}

}  // namespace stoker
