// When a checkpoint is due, by --save-every.
//
// One thread. Time counts from the last save, or from the start of this process.
#pragma once

#include <chrono>

#include "trainer/options/period.h"
#include "trainer/run/train_state.h"

namespace stoker {

class SaveClock {
 public:
  explicit SaveClock(const Period& period) : period_(period) {}

  // After a step that is not the last one of its epoch.
  bool is_due_after_step(const TrainState& state) const;
  // After the last one; `state` still counts it to the epoch under way.
  bool is_due_after_epoch(const TrainState& state) const;
  void note_save() { saved_ = std::chrono::steady_clock::now(); }

 private:
  bool time_is_up() const;

  const Period period_;
  std::chrono::steady_clock::time_point saved_ = std::chrono::steady_clock::now();
};

}  // namespace stoker
