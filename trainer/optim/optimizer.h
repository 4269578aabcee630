// SGD with momentum, AdamW and Adam: one step over all parameters, the same arithmetic as
// torch.optim's (tested), each operation one kernel over all of them, bit-reproducible on a CPU.
//
// Parameters become views of one stretch of memory (flat_tensors.h), and so do their gradients,
// which stay allocated and are set to zero: every parameter takes part in every step. Weight decay
// is left off parameters of one dimension (biases, norms).
// Nothing here waits for the device: whether a step counts is a truth on the device.
// One thread. Ownership: shares the parameters with the network, whose parameters must not be
// replaced or moved elsewhere afterwards. Precondition: they are float32, on one device.
// Source: torch.optim.SGD, AdamW and Adam; I. Loshchilov, F. Hutter, "Decoupled Weight Decay
// Regularization", 2019.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "trainer/options/train_options.h"
#include "trainer/tensors/flat_tensors.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {

class Optimizer {
 public:
  Optimizer(const OptimizerOptions& options, const torch::nn::Module& model);

  void zero_grad();
  void scale_gradients(const torch::Tensor& factor);  // a scalar on the device
  // Of all gradients together; a scalar on the device.
  torch::Tensor gradient_norm() const;
  // Where clipping was asked for, scales the gradients so that `gradient_norm`, which is that of
  // now, becomes no more than the limit.
  void clip(const torch::Tensor& gradient_norm);
  // Moves the parameters where `taken`, a bool scalar on the device, is true; where it is false
  // parameters and moments stay what they are, whatever the gradients hold.
  void step(double learning_rate, const torch::Tensor& taken);
  // The last step was taken. To be said, once it is known, before the next one: the step counts in
  // Adam's corrections.
  void count_step();
  uint64_t steps_done() const { return static_cast<uint64_t>(steps_done_.item<int64_t>()); }

  // Everything a resumed run needs; the tensors share storage with the optimiser.
  NamedTensors state() const;

 private:
  struct Group {
    double weight_decay = 0.0;
    std::vector<std::string> names;
    FlatTensors parameters;
    FlatTensors gradients;
    FlatTensors first;   // momentum, or Adam's mean of gradients
    FlatTensors second;  // Adam's mean of squares; empty for SGD
  };

  void step_sgd(Group& group, double learning_rate, const torch::Tensor& taken) const;
  // AdamW, whose decay is apart from the gradient, or Adam, whose is a part of it.
  void step_adam(Group& group, double learning_rate, const torch::Tensor& taken) const;

  OptimizerOptions options_;
  std::vector<Group> groups_;
  torch::Tensor steps_done_;  // int64 scalar on the CPU
};

}  // namespace stoker
