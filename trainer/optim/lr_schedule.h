// The learning rate as a pure function of the step, so that a resumed run needs no state for it.
#pragma once

#include <cstdint>

namespace stoker {

// Linear from lr/warmup_steps to lr over the first warmup_steps, then half a cosine down to
// min_lr, which is reached one step after the last.
struct LrSchedule {
  double lr = 0.1;
  double min_lr = 0.0;
  uint64_t warmup_steps = 0;
  uint64_t total_steps = 1;
};

// Rate to be used at `step`, 0 <= step < total_steps. Steps past the end give min_lr.
double learning_rate(const LrSchedule& schedule, uint64_t step);

}  // namespace stoker
