#include "trainer/run/run_plan.h"

#include <vector>

#include "trainer/options/resize_options.h"

namespace stoker {

EpochPlan plan_run(const Task& task, const TrainOptions& options) {
  std::vector<uint64_t> first_epochs;
  std::vector<uint64_t> steps;
  for (const CropPhase& phase : crop_phases(options)) {
    first_epochs.push_back(phase.first_epoch);
    steps.push_back(steps_of(task.feed->batches_from(phase.first_epoch, 0), options.step));
  }
  return {static_cast<uint64_t>(options.run.epochs), first_epochs, steps};
}

LrSchedule make_schedule(const TrainOptions& options, const EpochPlan& plan) {
  const ScheduleOptions& schedule = options.schedule;
  return {options.optimizer.lr,
          options.optimizer.min_lr,
          plan.steps_before(options.optimizer.warmup_epochs),
          plan.total_steps(),
          parse_lr_curve(schedule.name),
          schedule.gamma,
          static_cast<uint64_t>(schedule.step_size),
          schedule.poly_power,
          plan};
}

}  // namespace stoker
