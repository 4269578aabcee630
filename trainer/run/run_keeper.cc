#include "trainer/run/run_keeper.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "libdata/core/error.h"
#include "trainer/run/epoch_meter.h"
#include "trainer/run/starting_weights.h"
#include "trainer/run/weights_export.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {

namespace fs = std::filesystem;

namespace {

std::string metadata_of(const Task& task, const char* name) {
  const auto found = task.metadata.find(name);
  return found == task.metadata.end() ? std::string() : found->second;
}

ReportFacts report_facts(const RunOptions& run, const Task& task) {
  return {metadata_of(task, "model"), task.sample_unit, run.price_per_hour,
          static_cast<uint64_t>(run.epochs)};
}

std::vector<std::string> class_names(const Task& task) {
  const std::string names = metadata_of(task, "class_names");
  if (names.empty()) return {};
  return nlohmann::json::parse(names).get<std::vector<std::string>>();
}

}  // namespace

RunKeeper::RunKeeper(const RunOptions& run, Task& task, TrainStep& step)
    : run_(run), task_(task), step_(step), folder_(run), after_save_(run.after_save) {}

RunKeeper::~RunKeeper() {
  try {
    writer_.wait();
  } catch (const std::exception& error) {
    spdlog::error("while saving: {}", error.what());
  }
  if (writer_.has_failed()) after_save_.forget();
}

TrainState RunKeeper::start(const TrainState& fresh) {
  const bool from_weights = !run_.init_from.empty() && !folder_.resumed_from();
  if (from_weights) {
    load_starting_weights(run_.init_from, task_.model());
    if (step_.average() != nullptr) step_.average()->restart();
  }
  folder_.take();
  TrainState state = folder_.resumed_from() ? restore(fresh, *folder_.resumed_from()) : fresh;
  metrics_.emplace(folder_.metrics_file(), state.metrics_bytes);
  report_.emplace(folder_.metrics_file().parent_path(), report_facts(run_, task_), state.step);
  if (state.metrics_bytes == 0) append(start_line(state.options));
  // --force may have removed the very file just now: the run itself holds its values from here on.
  if (from_weights && !fs::exists(run_.init_from)) save(state);
  return state;
}

TrainState RunKeeper::restore(const TrainState& fresh, const ResumeSource& source) {
  TrainState saved =
      source.foreign
          ? load_checkpoint(*source.checkpoint, parts(), fresh.options, fresh.data_fingerprint)
          : load_newest_checkpoint(source.root, parts(), fresh.options, fresh.data_fingerprint)
                .value();
  if (source.foreign) {
    spdlog::info("resumed from {}", source.checkpoint->string());
    take_over(source);
  } else {
    saved_ = position_of(saved);
    saved_step_ = saved.step;
  }
  for (const std::string& difference : differences(saved.made_with, fresh.made_with)) {
    spdlog::warn("{}: the weights will not be, to the last bit, those of a run left alone",
                 difference);
  }
  saved.made_with = fresh.made_with;
  saved.options = fresh.options;
  judge_anew(fresh.best_by, saved);
  if (saved.best && !fs::exists(folder_.path() / kBestFile)) replace_missing_best(saved);
  return saved;
}

// What the other run had written up to its checkpoint becomes the beginning of this one.
void RunKeeper::take_over(const ResumeSource& source) {
  const auto copy = [](const fs::path& from, const fs::path& to) {
    std::error_code error;
    if (!fs::exists(from)) return;
    fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
    if (error) throw system_error("copy to", to.string(), error.value());
  };
  copy(source.root / kMetricsFile, folder_.metrics_file());
  // Beside an older checkpoint than the newest lie the best weights of a later epoch, perhaps.
  const std::vector<FoundCheckpoint> all = list_checkpoints(source.root);
  const bool is_newest = !all.empty() && fs::equivalent(all.back().path, *source.checkpoint);
  if (is_newest) copy(source.root / kBestFile, folder_.path() / kBestFile);
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

void RunKeeper::judge_anew(const std::string& best_by, TrainState& state) const {
  if (!task_.evaluator) return;
  const std::string was =
      state.best_by.empty() ? task_.evaluator->best_metrics().front().name : state.best_by;
  state.best_by = best_by;
  if (was == best_by || !state.best) return;
  spdlog::warn(
      "{} are those of the best {} so far, {:.4f}; from now on {} counts, and the next validation "
      "replaces them",
      kBestFile, was, *state.best, best_by);
  state.best.reset();
  state.best_epoch = 0;
}

void RunKeeper::save(TrainState& state) {
  if (saved_ == position_of(state)) return;
  check_not_diverged(state);
  writer_.wait();  // no more than one copy of the network at a time
  note_metrics_length(state);
  writer_.submit([root = folder_.checkpoint_root(), snapshot = take_snapshot(state, parts()),
                  keep_last = run_.keep_last, in_use = after_save_.in_use(),
                  seconds = save_seconds_] {
    const auto begun = std::chrono::steady_clock::now();
    write_checkpoint(root, snapshot, keep_last, in_use);
    *seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  });
  saved_ = position_of(state);
  saved_step_ = state.step;
  after_save_.offer(path_of(*saved_));
}

void RunKeeper::move_on(const CheckpointPosition& trained, TrainState& state) {
  if (saved_ != trained) return;
  note_metrics_length(state);
  writer_.submit([root = folder_.checkpoint_root(), trained, state] {
    advance_checkpoint(root, trained, state);
  });
  saved_ = position_of(state);
  after_save_.offer(path_of(*saved_));
}

void RunKeeper::poll() {
  writer_.check();
  if (writer_.is_idle()) after_save_.poll();
}

// The checkpoint says how long it is, so it must have got there first.
void RunKeeper::note_metrics_length(TrainState& state) {
  metrics_->sync();
  state.metrics_bytes = metrics_->size_bytes();
}

void RunKeeper::write_final_weights() {
  if (step_.average() != nullptr) write_weights(kFinalRawFile, state_dict(task_.model()), {});
  write_judged_weights(kFinalFile);
  writer_.wait();
  if (run_.export_form != "torchscript") return;
  for (const char* name : {kBestFile, kFinalFile}) {
    if (fs::exists(folder_.path() / name)) export_torchscript(folder_.path() / name);
  }
}

void RunKeeper::write_judged_weights(const char* name) {
  if (const WeightAverage* average = step_.average()) {
    write_weights(name, average->tensors(),
                  {{"weights", fmt::format("average over steps, decay {}", average->decay())}});
  } else {
    write_weights(name, state_dict(task_.model()), {});
  }
}

void RunKeeper::write_weights(const char* name, const NamedTensors& weights,
                              const std::map<std::string, std::string>& more_metadata) {
  writer_.wait();
  std::map<std::string, std::string> metadata = task_.metadata;
  metadata.insert(more_metadata.begin(), more_metadata.end());
  writer_.submit([path = folder_.path() / name, copies = copy_on_host(weights), metadata] {
    write_tensors(path, copies, metadata);
  });
}

fs::path RunKeeper::path_of(const CheckpointPosition& position) const {
  return checkpoints_folder(folder_.checkpoint_root()) / checkpoint_name(position);
}

CheckpointParts RunKeeper::parts() const {
  CheckpointParts parts = checkpoint_parts(task_.model(), task_.metadata, step_.optimizer());
  for (CheckpointPart& part : parts) {
    if (part.name != kTrainingPart) continue;
    const NamedTensors more = step_.more_state();
    part.tensors.insert(part.tensors.end(), more.begin(), more.end());
  }
  return parts;
}

void RunKeeper::note_evaluation(const EvaluationSums& sums, SampleGallery samples, uint64_t epoch) {
  report_->note(evaluation_of(sums, class_names(task_), epoch, std::move(samples)));
}

void RunKeeper::check_not_diverged(const TrainState& state) const {
  if (const auto name = step_.find_not_finite()) {
    end_diverged(state, "'" + *name + "' holds values that are not finite");
  }
}

void RunKeeper::end_diverged(const TrainState& state, const std::string& reason) const {
  std::string kept = "nothing had been saved before";
  if (saved_) {
    const fs::path newest =
        checkpoints_folder(folder_.checkpoint_root()) / checkpoint_name(*saved_);
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
