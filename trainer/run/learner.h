// One step of learning: forward, backward, and the optimiser's move.
//
// A step whose loss or gradient is not finite is left out, and leaves no trace: neither in the
// weights nor in the running means of batch norms, which the forward pass has spoilt by then.
// One thread. Ownership: shares the parameters with the network.
#pragma once

#include <torch/torch.h>

#include <optional>
#include <string>
#include <vector>

#include "trainer/metrics/metric_sums.h"
#include "trainer/optim/optimizer.h"
#include "trainer/options/train_options.h"
#include "trainer/tasks/training_task.h"

namespace stoker {

class Learner {
 public:
  Learner(const OptimizerOptions& options, torch::nn::Module& model);

  // Learns from the batch that the task holds. Returns whether the step was taken; only then is the
  // loss, and what else the task reports, added to `sums`.
  bool learn(TrainingTask& task, double samples, double learning_rate, MetricSums& sums);

  // The first weight, running mean or moment that holds a NaN or an infinity. Waits for the device.
  std::optional<std::string> find_not_finite() const;
  const Optimizer& optimizer() const { return optimizer_; }

 private:
  torch::nn::Module& model_;
  Optimizer optimizer_;
  std::vector<std::vector<torch::Tensor>> buffers_;  // by dtype
};

}  // namespace stoker
