#include "trainer/run/run_keeper.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>

#include "libdata/core/error.h"
#include "trainer/run/epoch_meter.h"
#include "trainer/run/starting_weights.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {

namespace fs = std::filesystem;

RunKeeper::RunKeeper(const RunOptions& run, Task& task, TrainStep& step)
    : run_(run), task_(task), step_(step), folder_(run) {}

TrainState RunKeeper::start(const TrainState& fresh) {
  const bool from_weights = !run_.init_from.empty() && !folder_.is_resumed();
  if (from_weights) {
    load_starting_weights(run_.init_from, task_.model());
    if (step_.average() != nullptr) step_.average()->restart();
  }
  folder_.take();
  std::optional<TrainState> saved;
  if (run_.auto_resume) saved = restore(fresh);
  TrainState state = saved.value_or(fresh);
  metrics_.emplace(folder_.path() / kMetricsFile, state.metrics_bytes);
  if (state.metrics_bytes == 0) append(start_line(state.options));
  // --force may have removed the very file just now: the run itself holds its values from here on.
  if (from_weights && !fs::exists(run_.init_from)) save(state);
  return state;
}

std::optional<TrainState> RunKeeper::restore(const TrainState& fresh) {
  std::optional<TrainState> saved =
      load_newest_checkpoint(folder_.path(), parts(), fresh.options, fresh.data_fingerprint);
  if (!saved) return std::nullopt;
  saved_ = position_of(*saved);
  saved_step_ = saved->step;
  for (const std::string& difference : differences(saved->made_with, fresh.made_with)) {
    spdlog::warn("{}: the weights will not be, to the last bit, those of a run left alone",
                 difference);
  }
  saved->made_with = fresh.made_with;
  if (saved->best && !fs::exists(folder_.path() / kBestFile)) replace_missing_best(*saved);
  return saved;
}

void RunKeeper::replace_missing_best(TrainState& state) {
  if (state.best_epoch == state.epoch && state.step_in_epoch == 0) {
    spdlog::warn("{} is missing: written again from the checkpoint, which is of that epoch",
                 kBestFile);
    write_best_weights();
    return;
  }
  spdlog::warn(
      "{} (validation value {:.4f}) is missing and cannot be restored: the best weights from now "
      "on are kept",
      kBestFile, *state.best);
  state.best.reset();
}

void RunKeeper::save(TrainState& state) {
  if (saved_ == position_of(state)) return;
  check_not_diverged(state);
  note_metrics_length(state);
  save_checkpoint(folder_.path(), state, parts(), run_.keep_last);
  saved_ = position_of(state);
  saved_step_ = state.step;
}

void RunKeeper::move_on(const CheckpointPosition& trained, TrainState& state) {
  if (saved_ != trained) return;
  note_metrics_length(state);
  advance_checkpoint(folder_.path(), trained, state);
  saved_ = position_of(state);
}

// The checkpoint says how long it is, so it must have got there first.
void RunKeeper::note_metrics_length(TrainState& state) {
  metrics_->sync();
  state.metrics_bytes = metrics_->size_bytes();
}

void RunKeeper::write_weights(const char* name) const {
  if (const WeightAverage* average = step_.average()) {
    auto metadata = task_.metadata;
    metadata["weights"] = fmt::format("average over steps, decay {}", average->decay());
    write_tensors(folder_.path() / name, average->tensors(), metadata);
  } else {
    write_tensors(folder_.path() / name, state_dict(task_.model()), task_.metadata);
  }
}

void RunKeeper::write_final_weights() {
  if (step_.average() != nullptr) {
    write_tensors(folder_.path() / kFinalRawFile, state_dict(task_.model()), task_.metadata);
  }
  write_weights(kFinalFile);
}

CheckpointParts RunKeeper::parts() const {
  return {task_.model(), step_.optimizer(), task_.metadata, step_.more_state()};
}

void RunKeeper::check_not_diverged(const TrainState& state) const {
  if (const auto name = step_.find_not_finite()) {
    end_diverged(state, "'" + *name + "' holds values that are not finite");
  }
}

void RunKeeper::end_diverged(const TrainState& state, const std::string& reason) const {
  std::string kept = "nothing had been saved before";
  if (saved_) {
    const fs::path newest = checkpoints_folder(folder_.path()) / checkpoint_name(*saved_);
    kept = fmt::format(
        "the last finite weights saved are those of step {}, from which --init-from "
        "{} starts anew",
        saved_step_, (newest / kModelFile).string());
  }
  throw Error(ErrorCode::kCorrupt,
              fmt::format("the run has diverged: {}, up to step {}. A lower --lr or a longer "
                          "--warmup-epochs may help; {}",
                          reason, state.step, kept));
}

}  // namespace stoker
