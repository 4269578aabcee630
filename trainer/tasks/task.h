// What is being learnt: a network, the batches it learns from, what it is to make small, and how it
// is judged. The training loop knows no more than this.
//
// Ownership: owns its parts; objective and evaluator may share the network. One thread.
// To add one: make the parts, and name it in make_task.cc.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "trainer/feed/batch_feed.h"
#include "trainer/tasks/evaluator.h"
#include "trainer/tasks/objective.h"
#include "trainer/tensors/autocast.h"

namespace stoker {

struct Task {
  // forward(input) -> outputs. On its device, in its memory layout, initialised from the run's
  // seed.
  torch::nn::AnyModule network;
  // Goes into the weights' file: what a user of the network must know (classes, mean, std ...).
  std::map<std::string, std::string> metadata;
  // Of forward passes while it learns; validation and what is saved are float32.
  Amp amp = Amp::kOff;
  std::unique_ptr<BatchFeed> feed;
  std::unique_ptr<Objective> objective;
  std::unique_ptr<Evaluator> evaluator;  // null: no validation

  // Of the training and validation data; a run is resumed only on the data it began with.
  std::string data_fingerprint;
  std::string sample_unit = "img";  // what a batch holds, for the log
  // Batches of an epoch that have fewer samples are left out: what the network's batch norms need
  // (batch_norm_rule.h). At least 1.
  std::function<int64_t(uint64_t epoch)> smallest_batch = [](uint64_t) { return int64_t{1}; };

  torch::nn::Module& model() const { return *network.ptr(); }
};

}  // namespace stoker
