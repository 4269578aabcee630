// What is being learnt: a network, its data, its loss and its validation. The training loop knows
// no more than this; classification and segmentation plug in here.
//
// Thread-safety: one thread. Ownership: a task owns its network and its loaders.
// To add one: implement this interface, and name it in make_training_task (train_run.cc).
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "trainer/metrics/metric_sums.h"

namespace stoker {

class TrainingTask {
 public:
  virtual ~TrainingTask() = default;

  // On its device, in its memory layout, initialised from the run's seed.
  virtual torch::nn::Module& model() = 0;
  // Goes into the weights' file: what a user of the network must know (classes, mean, std ...).
  virtual std::map<std::string, std::string> model_metadata() const = 0;
  // Of the training and validation data; a run is resumed only on the data it began with.
  virtual std::string data_fingerprint() const = 0;

  virtual std::string sample_unit() const { return "img"; }  // what a batch holds, for the log
  virtual uint64_t steps_per_epoch() const = 0;
  // Positions the data before step `first_step` of `epoch`; what follows is a pure function of the
  // seed and these two.
  virtual void start_epoch(uint64_t epoch, uint64_t first_step) = 0;
  // Waits for the next batch, which forward_loss then uses. Returns the number of its samples,
  // which is 0 when all were left out: then there is no forward_loss.
  virtual int64_t next_batch() = 0;
  // Batches of fewer samples are left out: what the network's batch norms need (batch_norm_rule.h).
  virtual int64_t smallest_batch() const { return 1; }
  // Scalar loss of that batch, the mean over its samples, with its graph. The loop itself averages
  // "loss"; other figures of the step may be added to `sums` and are averaged likewise, unless the
  // loss or its gradient is not finite and the step is left out.
  virtual torch::Tensor forward_loss(MetricSums& sums) = 0;

  virtual bool has_validation() const = 0;
  // Every validation sample once; the loop has put the network in eval mode and gradients off.
  // Throws Stopped between two batches. Names start with "val_". Draws nothing from LibTorch's
  // random generators.
  virtual NamedValues evaluate() = 0;
  // By which of evaluate's values the best weights are kept; larger is better.
  virtual std::string best_metric() const = 0;

  // What --on-error skip has left out so far, a line each: where, and why.
  virtual std::vector<std::string> skipped_samples() const { return {}; }
};

}  // namespace stoker
