#include "trainer/train_loop.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "libdata/core/error.h"
#include "libdata/core/stop.h"
#include "trainer/checkpoint.h"
#include "trainer/lr_schedule.h"
#include "trainer/optimizer.h"
#include "trainer/run_log.h"
#include "trainer/tensor_files.h"
#include "trainer/train_state.h"

namespace stoker {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Where the time of this process's part of an epoch went.
struct EpochClock {
  Clock::time_point start = Clock::now();
  double wait_seconds = 0.0;
  uint64_t samples = 0;
  uint64_t steps = 0;

  double seconds() const { return std::max(seconds_since(start), 1e-9); }
};

LrSchedule make_schedule(const TrainOptions& options, uint64_t steps_per_epoch) {
  const double warmup = options.optimizer.warmup_epochs * static_cast<double>(steps_per_epoch);
  return {options.optimizer.lr, options.optimizer.min_lr,
          static_cast<uint64_t>(std::llround(warmup)),
          static_cast<uint64_t>(options.run.epochs) * steps_per_epoch};
}

// Makes output_dir, and throws away what an earlier run left there if that is wanted.
void prepare_output(const RunOptions& run) {
  const fs::path folder = run.output_dir;
  fs::create_directories(folder);
  if (run.force) {
    for (const char* name :
         {"checkpoints", "metrics.jsonl", "best.safetensors", "final.safetensors"}) {
      fs::remove_all(folder / name);
    }
  }
  if (!run.auto_resume && has_checkpoint(folder)) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "holds a run already; continue it with --auto-resume, or throw it away with --force",
        run.output_dir);
  }
}

class TrainLoop {
 public:
  TrainLoop(TrainingTask& task, const TrainOptions& options, bool quiet);
  void run();

 private:
  void start_or_resume();
  void run_epoch();
  void run_step();
  void learn_from_batch(double samples);
  void finish_epoch();
  NamedValues evaluate();
  void report_skipped();
  void keep_if_best(const NamedValues& values);
  bool save_is_due(bool at_epoch_end) const;
  void save();
  void write_weights(const char* name) const;
  StepReport report() const;

  TrainingTask& task_;
  const TrainOptions& options_;
  const RunOptions& run_;
  const fs::path output_dir_;
  const Period save_every_;
  const uint64_t steps_per_epoch_;
  const LrSchedule schedule_;
  Optimizer optimizer_;
  TrainState state_;
  std::optional<MetricsFile> metrics_;
  StepProgress progress_;
  EpochClock clock_;
  double learning_rate_ = 0.0;
  std::optional<uint64_t> saved_step_;  // TrainState::step of the last save at this epoch count
  uint64_t saved_epoch_ = 0;
  size_t reported_skips_ = 0;
};

TrainLoop::TrainLoop(TrainingTask& task, const TrainOptions& options, bool quiet)
    : task_(task),
      options_(options),
      run_(options.run),
      output_dir_(options.run.output_dir),
      save_every_(parse_period(options.run.save_every)),
      steps_per_epoch_(task.steps_per_epoch()),
      schedule_(make_schedule(options, steps_per_epoch_)),
      optimizer_(options.optimizer, task.model()),
      progress_(task.sample_unit(), quiet) {}

void TrainLoop::run() {
  start_or_resume();
  try {
    while (state_.epoch < static_cast<uint64_t>(run_.epochs)) {
      run_epoch();
      finish_epoch();
    }
  } catch (const Stopped&) {
    progress_.end_line();
    save();
    spdlog::warn("stopped after step {}; continue with --auto-resume", state_.step);
    throw;
  }
  write_weights("final.safetensors");
}

void TrainLoop::start_or_resume() {
  prepare_output(run_);
  const OptionList options = result_options(options_);
  const std::string fingerprint = task_.data_fingerprint();
  std::optional<TrainState> saved;
  if (run_.auto_resume) {
    saved = load_newest_checkpoint(output_dir_, {task_.model(), optimizer_, task_.model_metadata()},
                                   options, fingerprint);
  }
  if (saved) {
    state_ = *saved;
    saved_step_ = state_.step;
    saved_epoch_ = state_.epoch;
  } else {
    state_.options = options;
    state_.data_fingerprint = fingerprint;
    if (!run_.init_from.empty()) {
      const SafetensorsFile weights(run_.init_from);
      for (const std::string& name : read_fitting_tensors(weights, state_dict(task_.model()))) {
        spdlog::warn("{} has no fitting '{}': it starts at random", run_.init_from, name);
      }
    }
  }
  metrics_.emplace(output_dir_ / "metrics.jsonl", state_.metrics_bytes);
  if (state_.metrics_bytes == 0) {
    LogLine line{{"event", "start"}};
    for (const auto& [flag, value] : options)
      line.emplace_back(flag, value);
    metrics_->append(line);
  }
}

void TrainLoop::run_epoch() {
  clock_ = {};
  // A run stopped during validation comes back with all steps of the epoch done.
  if (state_.step_in_epoch < steps_per_epoch_) {
    task_.start_epoch(state_.epoch, state_.step_in_epoch);
  }
  task_.model().train();
  while (state_.step_in_epoch < steps_per_epoch_) {
    run_step();
    const StepReport now = report();
    progress_.show(now);
    if (state_.step % static_cast<uint64_t>(run_.log_every) == 0) {
      metrics_->append({{"event", "step"},
                        {"epoch", now.epoch},
                        {"step", state_.step},
                        {"train_loss", now.loss},
                        {"lr", now.learning_rate},
                        {"samples_per_second", now.samples_per_second},
                        {"data_wait_share", now.data_wait_share}});
    }
    if (state_.step_in_epoch < steps_per_epoch_ && save_is_due(false)) save();
    throw_if_stopped();
  }
}

void TrainLoop::run_step() {
  learning_rate_ = learning_rate(schedule_, state_.step);
  const Clock::time_point asked = Clock::now();
  const int64_t samples = task_.next_batch();
  clock_.wait_seconds += seconds_since(asked);

  ++state_.step;
  ++state_.step_in_epoch;
  ++clock_.steps;
  clock_.samples += static_cast<uint64_t>(samples);
  if (samples > 0) learn_from_batch(static_cast<double>(samples));
}

void TrainLoop::learn_from_batch(double samples) {
  optimizer_.zero_grad();
  MetricSums sums;
  const torch::Tensor loss = task_.forward_loss(sums);
  loss.backward();
  // Fetched together: the device is waited for once a step.
  const torch::Tensor checked =
      torch::stack({loss.detach().to(torch::kFloat32), optimizer_.gradient_norm()}).cpu();
  const double loss_value = checked[0].item<double>();
  const double gradient_norm = checked[1].item<double>();
  if (std::isfinite(loss_value) && std::isfinite(gradient_norm)) {
    optimizer_.step(learning_rate_, gradient_norm);
    sums.add("loss", loss_value * samples, samples);
    state_.epoch_sums.add(sums);
    state_.bad_steps_in_a_row = 0;
  } else {
    ++state_.skipped_steps;
    if (++state_.bad_steps_in_a_row > static_cast<uint64_t>(run_.max_bad_steps)) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("the loss or its gradient was not finite {} steps in a row, up to step "
                      "{}; a lower --lr or a longer --warmup-epochs may help",
                      state_.bad_steps_in_a_row, state_.step));
    }
  }
}

void TrainLoop::finish_epoch() {
  const StepReport last = report();
  const double seconds = clock_.seconds();
  progress_.end_line();
  const bool last_epoch = state_.epoch + 1 == static_cast<uint64_t>(run_.epochs);
  NamedValues values = state_.epoch_sums.means("train_");
  if (task_.has_validation() &&
      (last_epoch || (state_.epoch + 1) % static_cast<uint64_t>(run_.eval_every) == 0)) {
    const NamedValues validation = evaluate();
    keep_if_best(validation);
    values.insert(values.end(), validation.begin(), validation.end());
  }
  report_skipped();
  LogLine line{{"event", "epoch"}, {"epoch", last.epoch}, {"step", state_.step}};
  std::string text = fmt::format("epoch {}/{}", last.epoch, last.epochs);
  for (const auto& [name, value] : values) {
    line.emplace_back(name, value);
    text += fmt::format("  {} {:.4f}", name, value);
  }
  spdlog::info("{}  {:.3g} {}/s  wait {:.1f}%", text, last.samples_per_second, task_.sample_unit(),
               100.0 * last.data_wait_share);
  line.insert(line.end(), {{"skipped_steps", state_.skipped_steps},
                           {"skipped_samples", uint64_t{reported_skips_}},
                           {"lr", last.learning_rate},
                           {"seconds", seconds},
                           {"samples_per_second", last.samples_per_second},
                           {"data_wait_share", last.data_wait_share}});
  metrics_->append(line);
  ++state_.epoch;
  state_.step_in_epoch = 0;
  state_.epoch_sums = {};
  if (last_epoch || save_is_due(true)) save();
  throw_if_stopped();
}

NamedValues TrainLoop::evaluate() {
  const torch::NoGradGuard no_grad;
  task_.model().eval();
  return task_.evaluate();
}

void TrainLoop::keep_if_best(const NamedValues& values) {
  for (const auto& [name, value] : values) {
    if (name != task_.best_metric() || !std::isfinite(value)) continue;
    if (state_.best && value <= *state_.best) continue;
    state_.best = value;
    write_weights("best.safetensors");
  }
}

void TrainLoop::report_skipped() {
  const std::vector<std::string> skipped = task_.skipped_samples();
  for (; reported_skips_ < skipped.size(); ++reported_skips_) {
    spdlog::warn("left out: {}", skipped[reported_skips_]);
  }
}

bool TrainLoop::save_is_due(bool at_epoch_end) const {
  if (save_every_.epochs) return at_epoch_end && state_.epoch % save_every_.count == 0;
  return state_.step % save_every_.count == 0;
}

void TrainLoop::save() {
  if (saved_step_ == state_.step && saved_epoch_ == state_.epoch) return;
  metrics_->sync();  // the checkpoint says how long it is
  state_.metrics_bytes = metrics_->size_bytes();
  save_checkpoint(output_dir_, state_, {task_.model(), optimizer_, task_.model_metadata()},
                  run_.keep_last);
  saved_step_ = state_.step;
  saved_epoch_ = state_.epoch;
}

void TrainLoop::write_weights(const char* name) const {
  write_tensors(output_dir_ / name, state_dict(task_.model()), task_.model_metadata());
}

StepReport TrainLoop::report() const {
  StepReport now;
  now.epoch = state_.epoch + 1;
  now.epochs = static_cast<uint64_t>(run_.epochs);
  now.step = state_.step_in_epoch;
  now.steps = steps_per_epoch_;
  const auto loss = state_.epoch_sums.by_name.find("loss");
  if (loss != state_.epoch_sums.by_name.end()) now.loss = loss->second.sum / loss->second.weight;
  now.learning_rate = learning_rate_;
  const double seconds = clock_.seconds();
  now.samples_per_second = static_cast<double>(clock_.samples) / seconds;
  now.data_wait_share = clock_.wait_seconds / seconds;
  if (clock_.steps > 0) now.seconds_per_step = seconds / static_cast<double>(clock_.steps);
  return now;
}

}  // namespace

void train(TrainingTask& task, const TrainOptions& options, bool quiet) {
  if (task.steps_per_epoch() == 0) {
    throw Error(ErrorCode::kInvalidArgument, "expected at least one training sample",
                options.data.shards);
  }
  TrainLoop(task, options, quiet).run();
}

}  // namespace stoker
