#include "trainer/run/train_loop.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/save_request.h"
#include "libdata/core/stop.h"
#include "trainer/feed/skipped_lines.h"
#include "trainer/report/epoch_table.h"
#include "trainer/report/run_log.h"
#include "trainer/run/best_weights.h"
#include "trainer/run/epoch_meter.h"
#include "trainer/run/run_config.h"
#include "trainer/run/run_keeper.h"
#include "trainer/run/run_plan.h"
#include "trainer/run/save_clock.h"
#include "trainer/run/step_watch.h"
#include "trainer/run/time_limit.h"
#include "trainer/run/train_state.h"
#include "trainer/run/train_step.h"
#include "trainer/tensors/device_memory.h"

namespace stoker {

namespace {

std::optional<double> ema_decay(const RegularizationOptions& options) {
  return options.use_ema ? std::optional(options.ema_decay) : std::nullopt;
}

// What is left of a terminal's line behind what every line of the log begins with; 0: any.
size_t log_columns() {
  constexpr size_t kPrefix = std::string_view("train: info: ").size();
  const size_t columns = terminal_columns();
  return columns > kPrefix ? columns - kPrefix : columns;
}

double seconds_since(TimePoint then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

// Weights and the two moments of an optimiser, as far as they are known yet.
uint64_t guess_checkpoint_bytes(const torch::nn::Module& model) {
  uint64_t bytes = 0;
  for (const torch::Tensor& tensor : model.parameters())
    bytes += 3 * tensor.nbytes();
  return bytes;
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
  void save_for_sure();
  void finish_epoch();
  NamedValues validate();
  void report_skipped();
  void show_epoch(const StepReport& last, const NamedValues& values, const StageReport& stages);
  bool has_reached_target() const {
    return run_.target_accuracy > 0.0 && state_.best &&
           best_metric_.reaches(*state_.best, run_.target_accuracy);
  }
  bool is_last_epoch() const { return state_.epoch + 1 == epochs_; }
  uint64_t steps_in_epoch() const { return plan_.steps_in(state_.epoch); }
  StepReport report();

  Task& task_;
  const RunOptions& run_;
  const uint64_t epochs_;
  const uint64_t batches_per_step_;
  const EpochPlan plan_;
  const LrSchedule schedule_;
  const BestMetric best_metric_;
  TrainStep step_;
  RunKeeper keeper_;
  TrainState state_;
  StepProgress progress_;
  EpochTable table_;
  std::optional<std::string> advice_;  // of the epoch before, in this process
  StepWatch watch_;
  SaveClock save_clock_;
  TimeLimit time_limit_;
  EpochMeter meter_;
  double learning_rate_ = 0.0;
  uint64_t batches_left_ = 0;  // of the epoch
  SkippedLines skipped_;
  std::set<std::string> reported_skips_;  // each once, however many epochs meet it
};

TrainLoop::TrainLoop(Task& task, const TrainOptions& options, bool quiet)
    : task_(task),
      run_(options.run),
      epochs_(static_cast<uint64_t>(options.run.epochs)),
      batches_per_step_(static_cast<uint64_t>(options.step.accumulate_grad_batches)),
      plan_(plan_run(task, options)),
      schedule_(make_schedule(options, plan_)),
      best_metric_(choose_best_metric(task, options.validation)),
      step_(options.optimizer, task, ema_decay(options.regularization)),
      keeper_(options.run, task, step_),
      state_(keeper_.start(fresh_state(options))),
      progress_(task.sample_unit, quiet),
      table_(task.sample_unit, log_columns()),
      watch_(keeper_, progress_, options.run.max_bad_steps),
      save_clock_(parse_period(options.run.save_every)),
      time_limit_(options.run.ends_at, guess_checkpoint_bytes(task.model())) {
  write_run_config(std::filesystem::path(run_.output_dir) / kConfigFile, options,
                   task.data_fingerprint, state_.step);
  step_.restore_sums(state_.epoch_sums);
  if (state_.step > 0) learning_rate_ = learning_rate(schedule_, state_.step - 1);
}

TrainState TrainLoop::fresh_state(const TrainOptions& options) const {
  TrainState state;
  state.options = result_options(options);
  state.data_fingerprint = task_.data_fingerprint;
  state.made_with = options.run.made_with;
  if (task_.evaluator) state.best_by = describe(best_metric_, options.validation);
  return state;
}

void TrainLoop::run() {
  try {
    while (state_.epoch < epochs_ && !has_reached_target()) {
      run_epoch();
      finish_epoch();
    }
  } catch (const Stopped& stopped) {
    progress_.end_line();
    save_for_sure();
    spdlog::warn("stopped after step {}{}; continue with --auto-resume", state_.step,
                 stopped.time_is_up ? ", its time being up" : "");
    throw;
  }
  if (has_reached_target()) {
    spdlog::info("{} is {:.4f}, the target {:.4f}: done after {} of {} epochs", best_metric_.name,
                 *state_.best, run_.target_accuracy, state_.epoch, epochs_);
    save();
  }
  keeper_.write_final_weights();
}

void TrainLoop::run_epoch() {
  meter_.start(task_.feed->times());
  watch_.start_epoch();
  // A run stopped during validation comes back with all steps of the epoch done.
  if (state_.step_in_epoch < steps_in_epoch()) {
    task_.feed->start_epoch(state_.epoch, state_.position);
    batches_left_ = task_.feed->batches_from(state_.epoch, state_.position);
  }
  task_.model().train();
  while (state_.step_in_epoch < steps_in_epoch()) {
    keeper_.poll();
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
  watch_.note(step_.take_verdicts(), state_);
  state_.epoch_sums = step_.sums();
}

void TrainLoop::save() {
  settle();
  keeper_.save(state_);
  save_clock_.note_save();
}

// And waits until it is on the disk.
void TrainLoop::save_for_sure() {
  save();
  keeper_.wait();
}

StepReport TrainLoop::report() {
  state_.epoch_sums = step_.sums();
  StepReport now = meter_.report(state_, plan_, learning_rate_);
  now.device_memory_bytes = device_memory_bytes(task_.model().parameters().front().device());
  return now;
}

void TrainLoop::save_if_due() {
  if (take_save_request()) {
    progress_.end_line();
    save_for_sure();
    spdlog::info("saved after step {}, as asked for", state_.step);
  }
  // At the end of an epoch that is finish_epoch's.
  if (state_.step_in_epoch == steps_in_epoch()) return;
  if (save_clock_.is_due_after_step(state_)) save();
}

void TrainLoop::run_step() {
  learning_rate_ = learning_rate(schedule_, state_.step);
  const auto asked = std::chrono::steady_clock::now();
  std::vector<DeviceBatch> parts = next_parts();
  const double waited = seconds_since(asked);
  ++state_.step;
  ++state_.step_in_epoch;
  state_.position = parts.back().position_after;
  int64_t samples = 0;
  for (const DeviceBatch& part : parts)
    samples += part.samples;
  meter_.add_step(static_cast<uint64_t>(samples), waited);
  std::erase_if(parts, [&](const DeviceBatch& part) {
    const bool is_small = part.samples < task_.smallest_batch(state_.epoch);
    if (is_small && part.samples > 0) watch_.note_small_batch(part.samples, state_.step);
    return is_small;
  });
  if (parts.empty()) return;
  step_.take(parts, learning_rate_, state_.step);
  watch_.note(step_.take_verdicts(), state_);
  time_limit_.note_step(seconds_since(asked));
  if (keeper_.save_seconds() > 0.0) time_limit_.note_save(keeper_.save_seconds());
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
      save_for_sure();
      spdlog::warn("what was learnt up to step {} is saved, for --auto-resume", state_.step);
    }
    throw;
  }
}

void TrainLoop::finish_epoch() {
  settle();
  const StepReport last = report();
  const StageReport stages = meter_.stages(task_.feed->times());
  progress_.end_line();
  watch_.check_end_of_epoch(state_, steps_in_epoch(), is_last_epoch());
  NamedValues values = state_.epoch_sums.means("train_");
  const bool validates =
      task_.evaluator &&
      (is_last_epoch() || (state_.epoch + 1) % static_cast<uint64_t>(run_.eval_every) == 0);
  // Before validation, which may fail: that must not cost the epoch. And weights called best are
  // never without a checkpoint beside them (run_folder.h).
  if (is_last_epoch() || save_clock_.is_due_after_epoch(state_) ||
      (validates && !keeper_.has_saved()))
    save();
  const auto validation_begun = std::chrono::steady_clock::now();
  if (validates) {
    const NamedValues validation = validate();
    keep_if_best(validation, best_metric_, is_last_epoch(), state_, keeper_);
    values.insert(values.end(), validation.begin(), validation.end());
  }
  report_skipped();
  show_epoch(last, values, stages);
  if (validates) values.emplace_back("val_seconds", seconds_since(validation_begun));
  keeper_.append(epoch_line(last, state_, values, reported_skips_.size(), stages.seconds));
  keeper_.write_report();
  const CheckpointPosition trained = position_of(state_);
  ++state_.epoch;
  state_.step_in_epoch = 0;
  state_.position = 0;
  state_.epoch_sums = {};
  step_.restore_sums({});
  keeper_.move_on(trained, state_);
  keeper_.poll();
  throw_if_stopped();
}

void TrainLoop::show_epoch(const StepReport& last, const NamedValues& values,
                           const StageReport& stages) {
  for (const std::string& line : table_.lines(last, values, stages.seconds))
    spdlog::info("{}", line);
  if (stages.loader.samples == 0) return;  // all steps were done before the run was resumed
  // Where time goes is said where it is news, so that the table of epochs is not broken up by it.
  const std::string advice = stage_advice(stages);
  if (!advice_ || advice != *advice_ || is_last_epoch()) spdlog::info("{}", format_stages(stages));
  if (!advice.empty() && advice != advice_) spdlog::info("{}", advice);
  advice_ = advice;
}

NamedValues TrainLoop::validate() {
  const torch::NoGradGuard no_grad;
  task_.model().eval();
  try {
    const AveragedWeights averaged(step_.average());
    const EvaluationSums sums = task_.evaluator->evaluate();
    keeper_.note_evaluation(sums, task_.evaluator->gallery(), state_.epoch + 1);
    return task_.evaluator->finish(sums);
  } catch (const Stopped&) {
    throw;
  } catch (...) {
    save_for_sure();
    spdlog::warn(
        "validation failed after step {}; the epoch is saved, and --auto-resume begins "
        "with its validation",
        state_.step);
    throw;
  }
}

void TrainLoop::report_skipped() {
  skipped_.take("training", task_.feed->skipped());
  if (task_.evaluator) skipped_.take("validation", task_.evaluator->skipped());
  for (const std::string& line : skipped_.lines()) {
    if (reported_skips_.insert(line).second) spdlog::warn("left out: {}", line);
  }
}

}  // namespace

void train(Task& task, const TrainOptions& options, bool quiet) {
  if (task.feed->batches_from(0, 0) == 0) {
    throw Error(ErrorCode::kCorrupt, "expected at least one training sample");
  }
  TrainLoop(task, options, quiet).run();
}

}  // namespace stoker
