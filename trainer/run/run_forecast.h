// --dry-run: what a run would take, from its options, the network and a few steps of trial.
//
// One thread. Errors: those of probe.h.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "trainer/options/resize_options.h"
#include "trainer/options/train_options.h"
#include "trainer/run/memory_estimate.h"
#include "trainer/run/probe.h"
#include "trainer/tasks/task.h"

namespace stoker {

// Epochs that are alike (resize_options.h).
struct PhaseForecast {
  CropPhase phase;
  uint64_t epochs = 0;
  uint64_t steps_per_epoch = 0;
  double seconds_per_batch = 0.0;
  double epoch_seconds = 0.0;  // of training; validation comes on top
};

struct RunForecast {
  uint64_t epochs = 0;
  uint64_t steps = 0;                 // of the run
  std::vector<PhaseForecast> phases;  // at least one
  MemoryEstimate memory;
  uint64_t available = 0;      // bytes; 0: not known
  uint64_t peak_resident = 0;  // of this process after the trial
  Probe probe;                 // of the first phase
  double epoch_seconds = 0.0;  // of training, the mean over epochs; validation comes on top
  double run_seconds = 0.0;
  double cost = 0.0;  // at --price-per-hour
};

// `probe`: steps of epoch 0. Those of other phases are tried out here.
RunForecast forecast_run(Task& task, TrainStep& step, const TrainOptions& options,
                         const MemoryEstimate& memory, const Probe& probe);

// As lines for people, "what  value", and as an object.
std::string describe(const RunForecast& forecast, const TrainOptions& options);
nlohmann::ordered_json to_json(const RunForecast& forecast);

// Prints the forecast on stdout and writes --json. Nothing else is written.
void dry_run(Task& task, const TrainOptions& options, const MemoryEstimate& memory);

}  // namespace stoker
