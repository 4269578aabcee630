// Steps that teach nothing: said, counted, and where there are too many, the end of the run.
//
// One thread. Ownership: keeper and progress must outlive it. Errors: Corrupt where the run has
// diverged (train_loop.h).
#pragma once

#include <cstdint>
#include <vector>

#include "trainer/report/run_log.h"
#include "trainer/run/run_keeper.h"
#include "trainer/run/train_state.h"
#include "trainer/run/train_step.h"

namespace stoker {

class StepWatch {
 public:
  StepWatch(RunKeeper& keeper, StepProgress& progress, int64_t max_bad_steps)
      : keeper_(keeper),
        progress_(progress),
        max_bad_steps_(static_cast<uint64_t>(max_bad_steps)) {}

  void start_epoch() { left_out_in_epoch_ = 0; }
  // Counts in `state` which steps were left out because they were not finite.
  void note(const std::vector<StepVerdict>& verdicts, TrainState& state);
  // A batch of too few samples for the network's batch norms.
  void note_small_batch(int64_t samples, uint64_t step);
  void check_end_of_epoch(const TrainState& state, uint64_t steps_per_epoch, bool is_last);

 private:
  void note_left_out(uint64_t step, TrainState& state);

  RunKeeper& keeper_;
  StepProgress& progress_;
  const uint64_t max_bad_steps_;
  uint64_t left_out_in_epoch_ = 0;  // by this process
  bool small_batch_noted_ = false;
};

}  // namespace stoker
