#include "trainer/run/save_clock.h"

namespace stoker {

bool SaveClock::is_due_after_step(const TrainState& state) const {
  if (period_.unit == Period::Unit::kSteps) return state.step % period_.count == 0;
  return time_is_up();
}

bool SaveClock::is_due_after_epoch(const TrainState& state) const {
  if (period_.unit == Period::Unit::kEpochs) return (state.epoch + 1) % period_.count == 0;
  return is_due_after_step(state);
}

bool SaveClock::time_is_up() const {
  if (period_.unit != Period::Unit::kSeconds) return false;
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - saved_;
  return passed.count() >= static_cast<double>(period_.count);
}

}  // namespace stoker
