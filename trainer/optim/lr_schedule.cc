#include "trainer/optim/lr_schedule.h"

#include <cmath>
#include <numbers>

namespace stoker {

double learning_rate(const LrSchedule& schedule, uint64_t step) {
  if (step < schedule.warmup_steps) {
    return schedule.lr * static_cast<double>(step + 1) / static_cast<double>(schedule.warmup_steps);
  }
  if (step >= schedule.total_steps) return schedule.min_lr;
  const double done = static_cast<double>(step - schedule.warmup_steps) /
                      static_cast<double>(schedule.total_steps - schedule.warmup_steps);
  const double height = 0.5 * (1.0 + std::cos(std::numbers::pi * done));
  return schedule.min_lr + (schedule.lr - schedule.min_lr) * height;
}

}  // namespace stoker
