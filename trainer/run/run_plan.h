// How long a run is and at which rate it learns, both known before its first step: how many steps
// each epoch has (what the feed gives, put together as the options say), and the learning rate of
// each step.
#pragma once

#include "trainer/optim/epoch_plan.h"
#include "trainer/optim/lr_schedule.h"
#include "trainer/options/train_options.h"
#include "trainer/tasks/task.h"

namespace stoker {

// For settled options and the task made from them.
EpochPlan plan_run(const Task& task, const TrainOptions& options);
LrSchedule make_schedule(const TrainOptions& options, const EpochPlan& plan);

}  // namespace stoker
