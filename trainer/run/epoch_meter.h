// How an epoch goes: where this process's time went, and what the log says of steps and epochs.
//
// Plain values, one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "trainer/metrics/metric_sums.h"
#include "trainer/optim/epoch_plan.h"
#include "trainer/report/run_log.h"
#include "trainer/report/stage_report.h"
#include "trainer/run/train_state.h"

namespace stoker {

class EpochMeter {
 public:
  // `loader`: its times so far.
  void start(const StageTimes& loader = {}) {
    *this = {};
    loader_before_ = loader;
  }
  void add_step(uint64_t samples, double wait_seconds);

  double seconds() const;
  // `state` is after the step.
  StepReport report(const TrainState& state, const EpochPlan& plan, double learning_rate) const;
  // `loader`: its times at the end of the epoch.
  StageReport stages(const StageTimes& loader) const;

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double wait_seconds_ = 0.0;
  uint64_t samples_ = 0;
  uint64_t steps_ = 0;
  StageTimes loader_before_;
};

// The lines of metrics.jsonl.
LogLine start_line(const OptionList& options);
LogLine step_line(const StepReport& report, const TrainState& state);
LogLine epoch_line(const StepReport& last, const TrainState& state, const NamedValues& values,
                   uint64_t skipped_samples, double seconds);

}  // namespace stoker
