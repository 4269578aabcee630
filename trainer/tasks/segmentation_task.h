// Segmentation of surfaces in volumes: a 3-D U-Net on patches, validated on whole volumes.
#pragma once

#include <torch/torch.h>

#include "trainer/options/train_options.h"
#include "trainer/tasks/task.h"

namespace stoker {

// Opens the data and fills in `options` what it decides (patch side). Errors: those of
// training_data.h and PatchLoader; InvalidArgument where patches do not fit the network, or a field
// that a loss needs is missing.
Task make_segmentation_task(TrainOptions& options, const torch::Device& device, int threads);

}  // namespace stoker
