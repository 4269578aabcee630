#include "trainer/run/step_watch.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace stoker {

void StepWatch::note(const std::vector<StepVerdict>& verdicts, TrainState& state) {
  for (const StepVerdict& verdict : verdicts) {
    if (verdict.taken) {
      state.bad_steps_in_a_row = 0;
    } else {
      note_left_out(verdict.step, state);
    }
  }
}

void StepWatch::note_left_out(uint64_t step, TrainState& state) {
  ++state.skipped_steps;
  ++state.bad_steps_in_a_row;
  if (++left_out_in_epoch_ == 1) {
    progress_.end_line();
    spdlog::warn("step {} is left out: its loss or gradient is not finite", step);
  }
  keeper_.check_not_diverged(state);
  if (state.bad_steps_in_a_row > max_bad_steps_) {
    keeper_.end_diverged(state, fmt::format("the loss or its gradient was not finite {} steps in "
                                            "a row",
                                            state.bad_steps_in_a_row));
  }
}

void StepWatch::note_small_batch(int64_t samples, uint64_t step) {
  if (std::exchange(small_batch_noted_, true)) return;
  progress_.end_line();
  spdlog::warn(
      "step {}: what was left out leaves a batch of {}, too few for the network's batch norms: "
      "nothing is learnt from such batches",
      step, samples);
}

void StepWatch::check_end_of_epoch(const TrainState& state, uint64_t steps_per_epoch,
                                   bool is_last) {
  keeper_.check_not_diverged(state);
  if (left_out_in_epoch_ > 1) {
    spdlog::warn("epoch {}: {} of {} steps were left out, not finite", state.epoch + 1,
                 left_out_in_epoch_, steps_per_epoch);
  }
  if (!is_last || state.bad_steps_in_a_row == 0) return;
  const std::string steps =
      state.bad_steps_in_a_row == 1 ? "a step" : fmt::format("{} steps", state.bad_steps_in_a_row);
  keeper_.end_diverged(state,
                       fmt::format("it ends with {} whose loss or gradient is not finite", steps));
}

}  // namespace stoker
