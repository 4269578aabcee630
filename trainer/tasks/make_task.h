// The task that the options name.
#pragma once

#include <torch/torch.h>

#include "trainer/options/train_options.h"
#include "trainer/tasks/task.h"

namespace stoker {

// Fills in `options` what the data decides. Seeds LibTorch's generators from the run's seed first,
// so that networks made from the same options are alike. Errors: those of the tasks.
Task make_task(TrainOptions& options, const torch::Device& device);

}  // namespace stoker
