// A whole run of `train`: settles options, seeds, threads and device, makes the task, trains.
#pragma once

#include "libdata/core/program.h"
#include "trainer/options/train_options.h"

namespace stoker {

// Returns the exit code; throws Error and Stopped.
int run_training(TrainOptions options, const CommonOptions& common);

}  // namespace stoker
