// Image classification: a 2-D network, cross-entropy with label smoothing, top-1 and top-5.
#pragma once

#include <torch/torch.h>

#include "trainer/options/train_options.h"
#include "trainer/tasks/task.h"

namespace stoker {

// Opens the data and fills in `options` what it decides (crop, channels, normalisation).
// `threads`: of the loaders. Errors: those of classification_data.h; Corrupt for a label that is
// no class.
Task make_classification_task(TrainOptions& options, const torch::Device& device, int threads);

}  // namespace stoker
