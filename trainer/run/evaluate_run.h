// --eval-only: how good given weights are on the validation data.
//
// One thread. Errors: InvalidArgument where no weights or no validation data were given, NotFound,
// Corrupt where the weights are not exactly those of the network.
#pragma once

#include <filesystem>

#include "trainer/options/train_options.h"
#include "trainer/tasks/task.h"

namespace stoker {

// The file that --init-from or --resume names.
std::filesystem::path weights_to_evaluate(const RunOptions& run);

// Prints a line "val_top1 0.9123" a value on stdout; writes --json, an object of the same values.
void evaluate_weights(Task& task, const TrainOptions& options);

}  // namespace stoker
