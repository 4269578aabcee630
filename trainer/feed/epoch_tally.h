// Whether an epoch gave anything at all: when every sample was left out by --on-error skip, going
// on would end in success with weights that have learnt nothing.
//
// Plain value, one thread.
#pragma once

#include <cstdint>

namespace stoker {

class EpochTally {
 public:
  void start(uint64_t first_step) { *this = {first_step == 0, first_step, 0}; }
  // After each batch. True once the epoch is over and, seen from its start, had no sample.
  bool ended_empty(int64_t batch_samples, uint64_t steps_per_epoch) {
    samples_ += static_cast<uint64_t>(batch_samples);
    ++steps_;
    return steps_ == steps_per_epoch && from_the_start_ && samples_ == 0;
  }

  EpochTally() = default;

 private:
  EpochTally(bool from_the_start, uint64_t steps, uint64_t samples)
      : from_the_start_(from_the_start), steps_(steps), samples_(samples) {}

  bool from_the_start_ = true;
  uint64_t steps_ = 0;
  uint64_t samples_ = 0;
};

}  // namespace stoker
