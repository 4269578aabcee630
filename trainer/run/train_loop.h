// The training loop: epochs of steps, validation, checkpoints, metrics. What is learnt it knows
// only as a Task.
//
// In options.run.output_dir it leaves metrics.jsonl, checkpoints/, best.safetensors (weights with
// the best validation value) and final.safetensors. A checkpoint is written before the validation
// of its epoch, and moved on after it. A stop signal ends the step in hand, saves, and leaves by
// Stopped; a save request (stop.h) saves and goes on; an error of the data or in validation saves
// and is thrown on. A killed run resumed on the CPU with as many threads ends with the bits of one
// that was not killed.
// Errors: those of run_folder.h, starting_weights.h and checkpoint.h; Corrupt where there is no
// training sample, or where the run has diverged: the loss or its gradient is not finite more than
// max_bad_steps in a row or at the end of the run, or a weight is not finite. What is not finite is
// never saved.
#pragma once

#include "trainer/options/train_options.h"
#include "trainer/tasks/task.h"

namespace stoker {

void train(Task& task, const TrainOptions& options, bool quiet);

}  // namespace stoker
