// --fake-data: a classifier that learns made-up images; no data set, no validation.
#pragma once

#include <torch/torch.h>

#include "trainer/options/train_options.h"
#include "trainer/tasks/task.h"

namespace stoker {

// Settles the options of data as for colour images of any size. InvalidArgument for --model unet3d.
Task make_fake_task(TrainOptions& options, const torch::Device& device);

}  // namespace stoker
