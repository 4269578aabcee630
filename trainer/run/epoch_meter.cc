#include "trainer/run/epoch_meter.h"

#include <algorithm>

namespace stoker {
namespace {

std::optional<double> mean_of(const MetricSums& sums, const char* name) {
  const auto found = sums.by_name.find(name);
  if (found == sums.by_name.end() || found->second.weight <= 0.0) return std::nullopt;
  return found->second.sum / found->second.weight;
}

void add_memory(const StepReport& report, LogLine& line) {
  if (report.memory_bytes > 0) line.emplace_back("memory_bytes", report.memory_bytes);
  if (report.device_memory_bytes > 0)
    line.emplace_back("device_memory_bytes", report.device_memory_bytes);
}

}  // namespace

void EpochMeter::add_step(uint64_t samples, double wait_seconds) {
  ++steps_;
  samples_ += samples;
  wait_seconds_ += wait_seconds;
}

double EpochMeter::seconds() const {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
  return std::max(passed.count(), 1e-9);
}

StepReport EpochMeter::report(const TrainState& state, const EpochPlan& plan,
                              double learning_rate) const {
  StepReport now;
  now.epoch = state.epoch + 1;
  now.epochs = plan.epochs;
  now.step = state.step_in_epoch;
  now.steps = plan.steps_in(state.epoch);
  now.later_steps = plan.total_steps() - plan.steps_before(static_cast<double>(now.epoch));
  now.loss = mean_of(state.epoch_sums, "loss").value_or(0.0);
  now.accuracy = mean_of(state.epoch_sums, kAccuracyFigure);
  now.learning_rate = learning_rate;
  const double passed = seconds();
  now.samples_per_second = static_cast<double>(samples_) / passed;
  now.data_wait_share = wait_seconds_ / passed;
  now.memory_bytes = own_memory_bytes();
  if (steps_ > 0) now.seconds_per_step = passed / static_cast<double>(steps_);
  return now;
}

StageReport EpochMeter::stages(const StageTimes& loader) const {
  return {seconds(), wait_seconds_, difference(loader, loader_before_)};
}

LogLine start_line(const OptionList& options) {
  LogLine line{{"event", "start"}};
  for (const auto& [flag, value] : options)
    line.emplace_back(flag, value);
  return line;
}

LogLine step_line(const StepReport& report, const TrainState& state) {
  LogLine line{{"event", "step"},
               {"epoch", report.epoch},
               {"step", state.step},
               {"train_loss", report.loss}};
  if (report.accuracy) line.emplace_back("train_top1", *report.accuracy);
  line.insert(line.end(), {{"lr", report.learning_rate},
                           {"samples_per_second", report.samples_per_second},
                           {"data_wait_share", report.data_wait_share}});
  return line;
}

LogLine epoch_line(const StepReport& last, const TrainState& state, const NamedValues& values,
                   uint64_t skipped_samples, double seconds) {
  LogLine line{{"event", "epoch"}, {"epoch", last.epoch}, {"step", state.step}};
  for (const auto& [name, value] : values)
    line.emplace_back(name, value);
  line.insert(line.end(), {{"skipped_steps", state.skipped_steps},
                           {"skipped_samples", skipped_samples},
                           {"lr", last.learning_rate},
                           {"seconds", seconds},
                           {"samples_per_second", last.samples_per_second},
                           {"data_wait_share", last.data_wait_share}});
  add_memory(last, line);
  return line;
}

}  // namespace stoker
