// The training loop: epochs of steps, validation, checkpoints, metrics. It knows tasks only through
// TrainingTask.
//
// In options.run.output_dir it leaves metrics.jsonl, checkpoints/, best.safetensors (weights with
// the best validation value) and final.safetensors. A stop signal ends the step in hand, saves, and
// leaves by Stopped. A killed run resumed on the CPU with as many threads ends with the bits of one
// that was not killed.
// Errors: InvalidArgument where output_dir holds a run and neither --auto-resume nor --force is
// given, or where the loss or its gradient stays not finite; those of checkpoint.h.
#pragma once

#include "trainer/train_options.h"
#include "trainer/training_task.h"

namespace stoker {

void train(TrainingTask& task, const TrainOptions& options, bool quiet);

}  // namespace stoker
