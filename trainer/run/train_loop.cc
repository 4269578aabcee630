#include "trainer/run/train_loop.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cmath>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/save_request.h"
#include "libdata/core/stop.h"
#include "trainer/feed/skipped_lines.h"
#include "trainer/optim/epoch_plan.h"
#include "trainer/optim/lr_schedule.h"
#include "trainer/report/epoch_table.h"
#include "trainer/report/run_log.h"
#include "trainer/run/epoch_meter.h"
#include "trainer/run/run_keeper.h"
#include "trainer/run/train_state.h"
#include "trainer/run/train_step.h"

namespace stoker {

namespace {

std::optional<double> ema_decay(const RegularizationOptions& options) {
  return options.use_ema ? std::optional(options.ema_decay) : std::nullopt;
}

LrSchedule make_schedule(const TrainOptions& options, const EpochPlan& plan) {
  const ScheduleOptions& schedule = options.schedule;
  return {options.optimizer.lr,
          options.optimizer.min_lr,
          plan.steps_before(options.optimizer.warmup_epochs),
          plan.total_steps(),
          parse_lr_curve(schedule.name),
          schedule.gamma,
          static_cast<uint64_t>(schedule.step_size),
          schedule.poly_power,
          plan};
}

class TrainLoop {
 public:
  TrainLoop(Task& task, const TrainOptions& options, bool quiet);
  void run();

 private:
  TrainState fresh_state(const TrainOptions& options) const;
  void run_epoch();
  void save_if_due();
  void run_step();
  DeviceBatch next_batch();
  std::vector<DeviceBatch> next_parts();
  void settle();
  void save();
  void note_verdicts();
  void note_left_out_step(uint64_t step);
  void note_small_batch(int64_t samples);
  void finish_epoch();
  void check_end_of_epoch();
  NamedValues validate();
  void keep_if_best(const NamedValues& values);
  void report_skipped();
  void show_epoch(const StepReport& last, const NamedValues& values, const StageReport& stages);
  bool is_last_epoch() const { return state_.epoch + 1 == epochs_; }
  bool save_is_due_after_epoch() const;
  StepReport report();

  Task& task_;
  const RunOptions& run_;
  const Period save_every_;
  const uint64_t epochs_;
  const uint64_t batches_per_step_;
  const uint64_t steps_per_epoch_;
  const LrSchedule schedule_;
  TrainStep step_;
  RunKeeper keeper_;
  TrainState state_;
  StepProgress progress_;
  EpochTable table_;
  std::string advice_;  // the last that was given
  EpochMeter meter_;
  double learning_rate_ = 0.0;
  uint64_t batches_left_ = 0;       // of the epoch
  uint64_t left_out_in_epoch_ = 0;  // steps that were not finite, by this process
  bool small_batch_noted_ = false;
  SkippedLines skipped_;
  std::set<std::string> reported_skips_;  // each once, however many epochs meet it
};

TrainLoop::TrainLoop(Task& task, const TrainOptions& options, bool quiet)
    : task_(task),
      run_(options.run),
      save_every_(parse_period(options.run.save_every)),
      epochs_(static_cast<uint64_t>(options.run.epochs)),
      batches_per_step_(static_cast<uint64_t>(options.step.accumulate_grad_batches)),
      steps_per_epoch_(steps_of(task.feed->batches_from(0), options.step)),
      schedule_(make_schedule(options, EpochPlan(epochs_, steps_per_epoch_))),
      step_(options.optimizer, task, ema_decay(options.regularization)),
      keeper_(options.run, task, step_),
      state_(keeper_.start(fresh_state(options))),
      progress_(task.sample_unit, quiet),
      table_(task.sample_unit, terminal_columns()) {
  step_.restore_sums(state_.epoch_sums);
  if (state_.step > 0) learning_rate_ = learning_rate(schedule_, state_.step - 1);
}

TrainState TrainLoop::fresh_state(const TrainOptions& options) const {
  TrainState state;
  state.options = result_options(options);
  state.data_fingerprint = task_.data_fingerprint;
  state.made_with = options.run.made_with;
  return state;
}

void TrainLoop::run() {
  try {
    while (state_.epoch < epochs_) {
      run_epoch();
      finish_epoch();
    }
  } catch (const Stopped&) {
    progress_.end_line();
    save();
    spdlog::warn("stopped after step {}; continue with --auto-resume", state_.step);
    throw;
  }
  keeper_.write_final_weights();
}

void TrainLoop::run_epoch() {
  meter_.start(task_.feed->times());
  left_out_in_epoch_ = 0;
  // A run stopped during validation comes back with all steps of the epoch done.
  if (state_.step_in_epoch < steps_per_epoch_) {
    task_.feed->start_epoch(state_.epoch, state_.position);
    batches_left_ = task_.feed->batches_from(state_.position);
  }
  task_.model().train();
  while (state_.step_in_epoch < steps_per_epoch_) {
    run_step();
    const bool logs = state_.step % static_cast<uint64_t>(run_.log_every) == 0;
    if (logs || progress_.is_due()) {
      const StepReport now = report();
      progress_.show(now);
      if (logs) keeper_.append(step_line(now, state_));
    }
    save_if_due();
    throw_if_stopped();
  }
}

// Waits for the device: what has been learnt so far is in `state_` then.
void TrainLoop::settle() {
  step_.settle();
  note_verdicts();
  state_.epoch_sums = step_.sums();
}

void TrainLoop::save() {
  settle();
  keeper_.save(state_);
}

StepReport TrainLoop::report() {
  state_.epoch_sums = step_.sums();
  return meter_.report(state_, epochs_, steps_per_epoch_, learning_rate_);
}

void TrainLoop::save_if_due() {
  if (take_save_request()) {
    progress_.end_line();
    save();
    spdlog::info("saved after step {}, as asked for", state_.step);
  }
  // At the end of an epoch that is finish_epoch's.
  if (save_every_.epochs || state_.step_in_epoch == steps_per_epoch_) return;
  if (state_.step % save_every_.count == 0) save();
}

void TrainLoop::run_step() {
  learning_rate_ = learning_rate(schedule_, state_.step);
  const auto asked = std::chrono::steady_clock::now();
  std::vector<DeviceBatch> parts = next_parts();
  const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - asked;
  ++state_.step;
  ++state_.step_in_epoch;
  state_.position = parts.back().position_after;
  int64_t samples = 0;
  for (const DeviceBatch& part : parts)
    samples += part.samples;
  meter_.add_step(static_cast<uint64_t>(samples), waited.count());
  std::erase_if(parts, [&](const DeviceBatch& part) {
    const bool is_small = part.samples < task_.smallest_batch;
    if (is_small && part.samples > 0) note_small_batch(part.samples);
    return is_small;
  });
  if (parts.empty()) return;
  step_.take(parts, learning_rate_, state_.step);
  note_verdicts();
}

// Of one step; fewer than the others have where the epoch ends.
std::vector<DeviceBatch> TrainLoop::next_parts() {
  std::vector<DeviceBatch> parts;
  while (parts.size() < batches_per_step_ && batches_left_ > 0) {
    parts.push_back(next_batch());
    --batches_left_;
  }
  return parts;
}

// A sample that cannot be read must not cost the steps before it.
DeviceBatch TrainLoop::next_batch() {
  try {
    return task_.feed->next();
  } catch (const Error&) {
    progress_.end_line();
    if (state_.step > 0) {
      save();
      spdlog::warn("what was learnt up to step {} is saved, for --auto-resume", state_.step);
    }
    throw;
  }
}

void TrainLoop::note_verdicts() {
  for (const StepVerdict& verdict : step_.take_verdicts()) {
    if (verdict.taken) {
      state_.bad_steps_in_a_row = 0;
    } else {
      note_left_out_step(verdict.step);
    }
  }
}

void TrainLoop::note_small_batch(int64_t samples) {
  if (std::exchange(small_batch_noted_, true)) return;
  progress_.end_line();
  spdlog::warn(
      "step {}: what was left out leaves a batch of {}, too few for the network's batch norms: "
      "nothing is learnt from such batches",
      state_.step, samples);
}

void TrainLoop::note_left_out_step(uint64_t step) {
  ++state_.skipped_steps;
  ++state_.bad_steps_in_a_row;
  if (++left_out_in_epoch_ == 1) {
    progress_.end_line();
    spdlog::warn("step {} is left out: its loss or gradient is not finite", step);
  }
  keeper_.check_not_diverged(state_);
  if (state_.bad_steps_in_a_row > static_cast<uint64_t>(run_.max_bad_steps)) {
    keeper_.end_diverged(state_, fmt::format("the loss or its gradient was not finite {} steps in "
                                             "a row",
                                             state_.bad_steps_in_a_row));
  }
}

void TrainLoop::finish_epoch() {
  settle();
  const StepReport last = report();
  const StageReport stages = meter_.stages(task_.feed->times());
  progress_.end_line();
  check_end_of_epoch();
  NamedValues values = state_.epoch_sums.means("train_");
  const bool validates =
      task_.evaluator &&
      (is_last_epoch() || (state_.epoch + 1) % static_cast<uint64_t>(run_.eval_every) == 0);
  // Before validation, which may fail: that must not cost the epoch. And weights called best are
  // never without a checkpoint beside them (run_folder.h).
  if (save_is_due_after_epoch() || (validates && !keeper_.has_saved())) save();
  if (validates) {
    const NamedValues validation = validate();
    keep_if_best(validation);
    values.insert(values.end(), validation.begin(), validation.end());
  }
  report_skipped();
  show_epoch(last, values, stages);
  keeper_.append(epoch_line(last, state_, values, reported_skips_.size(), stages.seconds));
  const CheckpointPosition trained = position_of(state_);
  ++state_.epoch;
  state_.step_in_epoch = 0;
  state_.position = 0;
  state_.epoch_sums = {};
  step_.restore_sums({});
  keeper_.move_on(trained, state_);
  throw_if_stopped();
}

void TrainLoop::show_epoch(const StepReport& last, const NamedValues& values,
                           const StageReport& stages) {
  for (const std::string& line : table_.lines(last, values, stages.seconds))
    spdlog::info("{}", line);
  if (stages.loader.samples == 0) return;  // all steps were done before the run was resumed
  spdlog::info("{}", format_stages(stages));
  const std::string advice = stage_advice(stages);
  if (!advice.empty() && advice != advice_) spdlog::info("{}", advice);
  advice_ = advice;
}

void TrainLoop::check_end_of_epoch() {
  keeper_.check_not_diverged(state_);
  if (left_out_in_epoch_ > 1) {
    spdlog::warn("epoch {}: {} of {} steps were left out, not finite", state_.epoch + 1,
                 left_out_in_epoch_, steps_per_epoch_);
  }
  if (is_last_epoch() && state_.bad_steps_in_a_row > 0) {
    keeper_.end_diverged(state_,
                         fmt::format("it ends with {} whose loss or gradient is not finite",
                                     state_.bad_steps_in_a_row == 1
                                         ? "a step"
                                         : fmt::format("{} steps", state_.bad_steps_in_a_row)));
  }
}

NamedValues TrainLoop::validate() {
  const torch::NoGradGuard no_grad;
  task_.model().eval();
  try {
    const AveragedWeights averaged(step_.average());
    return task_.evaluator->finish(task_.evaluator->evaluate());
  } catch (const Stopped&) {
    throw;
  } catch (...) {
    save();
    spdlog::warn(
        "validation failed after step {}; the epoch is saved, and --auto-resume begins "
        "with its validation",
        state_.step);
    throw;
  }
}

void TrainLoop::keep_if_best(const NamedValues& values) {
  const auto value_of = [&](const std::string& name) -> std::optional<double> {
    for (const auto& [found, value] : values) {
      if (found == name) return value;
    }
    return std::nullopt;
  };
  // Where the loss is not finite, outputs are NaN, and a count made from them means nothing.
  const std::string best_metric = task_.evaluator->best_metric();
  const std::optional<double> loss = value_of("val_loss");
  const std::optional<double> value = value_of(best_metric);
  if (loss && !std::isfinite(*loss)) {
    if (is_last_epoch()) keeper_.end_diverged(state_, "the validation loss is not finite");
    spdlog::warn("the validation loss is not finite: these weights are not taken for the best");
  } else if (value && !std::isfinite(*value)) {
    spdlog::warn("{} is not finite: these weights are not taken for the best", best_metric);
  } else if (value && (!state_.best || *value > *state_.best)) {
    state_.best = *value;
    state_.best_epoch = state_.epoch + 1;
    keeper_.write_best_weights();
  }
}

void TrainLoop::report_skipped() {
  skipped_.take("training", task_.feed->skipped());
  if (task_.evaluator) skipped_.take("validation", task_.evaluator->skipped());
  for (const std::string& line : skipped_.lines()) {
    if (reported_skips_.insert(line).second) spdlog::warn("left out: {}", line);
  }
}

bool TrainLoop::save_is_due_after_epoch() const {
  if (is_last_epoch()) return true;
  if (save_every_.epochs) return (state_.epoch + 1) % save_every_.count == 0;
  return state_.step % save_every_.count == 0;
}

}  // namespace

void train(Task& task, const TrainOptions& options, bool quiet) {
  if (task.feed->batches_from(0) == 0) {
    throw Error(ErrorCode::kCorrupt, "expected at least one training sample");
  }
  TrainLoop(task, options, quiet).run();
}

}  // namespace stoker
