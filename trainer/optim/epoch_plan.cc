#include "trainer/optim/epoch_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace stoker {
namespace {

using Stretch = EpochPlan::Stretch;

// The last stretch that begins no later than `place`.
template <typename Place>
const Stretch& stretch_at(const std::vector<Stretch>& stretches, Place place,
                          uint64_t Stretch::*begin) {
  auto found = stretches.begin();
  while (found + 1 != stretches.end() && static_cast<Place>((*(found + 1)).*begin) <= place)
    ++found;
  return *found;
}

}  // namespace

EpochPlan::EpochPlan(uint64_t epoch_count, const std::vector<uint64_t>& first_epochs,
                     const std::vector<uint64_t>& steps_per_epoch)
    : epochs(epoch_count) {
  uint64_t step = 0;
  for (size_t i = 0; i < first_epochs.size(); ++i) {
    if (i > 0) step += (first_epochs[i] - first_epochs[i - 1]) * steps_per_epoch[i - 1];
    stretches.push_back({first_epochs[i], step, steps_per_epoch[i]});
  }
}

EpochPlan::EpochPlan(uint64_t epoch_count, uint64_t steps_per_epoch)
    : EpochPlan(epoch_count, std::vector<uint64_t>{0}, {steps_per_epoch}) {}

uint64_t EpochPlan::steps_in(uint64_t epoch) const {
  return stretch_at(stretches, epoch, &Stretch::first_epoch).steps_per_epoch;
}

uint64_t EpochPlan::epoch_of(uint64_t step) const {
  const Stretch& stretch = stretch_at(stretches, step, &Stretch::first_step);
  return stretch.first_epoch + (step - stretch.first_step) / stretch.steps_per_epoch;
}

uint64_t EpochPlan::total_steps() const {
  const Stretch& stretch = stretch_at(stretches, epochs, &Stretch::first_epoch);
  return stretch.first_step + (epochs - stretch.first_epoch) * stretch.steps_per_epoch;
}

uint64_t EpochPlan::steps_before(double epochs_done) const {
  const Stretch& stretch = stretch_at(stretches, epochs_done, &Stretch::first_epoch);
  const double steps = epochs_done * static_cast<double>(stretch.steps_per_epoch);
  return static_cast<uint64_t>(std::llround(steps)) -
         stretch.first_epoch * stretch.steps_per_epoch + stretch.first_step;
}

std::string describe_steps(const EpochPlan& plan) {
  std::string text = fmt::format("{} steps an epoch", plan.stretches.front().steps_per_epoch);
  for (size_t i = 1; i < plan.stretches.size(); ++i) {
    const Stretch& stretch = plan.stretches[i];
    if (stretch.steps_per_epoch == plan.stretches[i - 1].steps_per_epoch) continue;
    text += fmt::format(", from epoch {} on {}", stretch.first_epoch, stretch.steps_per_epoch);
  }
  return text;
}

}  // namespace stoker
