// How many steps each epoch of a run has, and where in the run a step lies.
//
// Plain value, known before the first step, so that a learning rate can be a pure function of the
// step although epochs differ in length.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stoker {

struct EpochPlan {
  // Epochs of equal length, up to the next stretch.
  struct Stretch {
    uint64_t first_epoch = 0;
    uint64_t first_step = 0;  // of the run
    uint64_t steps_per_epoch = 1;
  };

  // `steps_per_epoch` of the stretches that begin at `first_epochs`: rising, the first is 0.
  // Precondition: as many of both, at least one.
  EpochPlan(uint64_t epochs, const std::vector<uint64_t>& first_epochs,
            const std::vector<uint64_t>& steps_per_epoch);
  // All alike.
  EpochPlan(uint64_t epochs, uint64_t steps_per_epoch);

  uint64_t steps_in(uint64_t epoch) const;
  uint64_t epoch_of(
      uint64_t step) const;  // from 0; steps past the end count on in the last stretch
  uint64_t total_steps() const;
  // Steps in so many epochs, a part of one rounded to whole steps.
  uint64_t steps_before(double epochs_done) const;

  uint64_t epochs = 0;
  std::vector<Stretch> stretches;
};

// "312 steps an epoch", "312 steps an epoch, from epoch 20 on 417".
std::string describe_steps(const EpochPlan& plan);

}  // namespace stoker
