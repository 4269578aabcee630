// A few steps of training for the sake of their time: what a run would take.
//
// One thread. The network has learnt from them afterwards. Errors: those of the feed; Stopped.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "trainer/run/train_step.h"
#include "trainer/tasks/task.h"

namespace stoker {

struct Probe {
  std::vector<double> losses;     // of the steps taken, in order
  double seconds_per_step = 0.0;  // median, the first ones left out
  double samples_per_second = 0.0;
  double data_wait_share = 0.0;  // of the time, spent waiting for the loader
};

struct ProbeLimits {
  uint64_t steps = 20;
  double seconds = 60.0;  // no step begins after these
};

// Steps of one epoch, again and again where it has too few. `rate`: the learning rate by step, from
// 0.
Probe probe_steps(Task& task, TrainStep& step, const ProbeLimits& limits,
                  const std::function<double(uint64_t)>& rate, uint64_t epoch = 0);

}  // namespace stoker
