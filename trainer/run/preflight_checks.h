// The checks of --preflight, one by one. Each gives a line of what it found, and throws an Error
// (Corrupt, where no other says more) where it fails.
//
// One thread.
#pragma once

#include <torch/torch.h>

#include <string>

#include "trainer/options/train_options.h"
#include "trainer/run/memory_estimate.h"
#include "trainer/run/probe.h"
#include "trainer/run/run_forecast.h"
#include "trainer/tasks/task.h"

namespace stoker {

// The run's task, with every record compared with its hash and short validations. Settles
// `options`.
Task open_for_preflight(TrainOptions& options, const torch::Device& device);

// Reads batches of the first epoch, for some seconds at most.
std::string read_data(Task& task);
std::string validate_untrained(Task& task);
// Whether the output folder's disk holds the checkpoints that are kept, one more, and the weights.
std::string check_disk(const RunOptions& run, const MemoryEstimate& memory);

// Trains a few steps with the run's optimiser and warm-up. The loss of one batch must be lower
// after them.
std::string check_loss_falls(Task& task, TrainStep& step, const TrainOptions& options,
                             Probe& probe);
std::string describe_time(const RunForecast& forecast, const TrainOptions& options);
// Into a temporary folder and back, to the bit.
std::string check_saving(Task& task, TrainStep& step);
// A fresh network on one small batch of small crops, with AdamW: the loss must fall to less than
// half. Where it does not, labels, pixels or network are at fault, not the run's learning rate.
std::string check_overfitting(const TrainOptions& options, const torch::Device& device);

}  // namespace stoker
