// SGD with momentum, and AdamW: one step over all parameters, the same arithmetic as torch.optim's
// (tested), through the list kernels that are fast on a GPU and bit-reproducible on a CPU.
//
// Weight decay is left off parameters of one dimension (biases, norms).
// One thread. Ownership: shares the parameters with the network.
// Source: torch.optim.SGD and AdamW; I. Loshchilov, F. Hutter, "Decoupled Weight Decay
// Regularization", 2019.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "trainer/options/train_options.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {

class Optimizer {
 public:
  Optimizer(const OptimizerOptions& options, const torch::nn::Module& model);

  void zero_grad();
  // Of all gradients together; a scalar on the device, so that it can be fetched along with others.
  torch::Tensor gradient_norm() const;
  // Moves the parameters; those without a gradient stay. Where clipping was asked for, gradients
  // are scaled first. Precondition: `gradient_norm` is that of now, and finite.
  void step(double learning_rate, double gradient_norm);

  // Everything a resumed run needs; the tensors share storage with the optimiser.
  NamedTensors state() const;

 private:
  struct Group {
    double weight_decay;
    std::vector<std::string> names;
    std::vector<torch::Tensor> parameters;
    std::vector<torch::Tensor> first;   // momentum, or AdamW's mean of gradients
    std::vector<torch::Tensor> second;  // AdamW's mean of squares; empty for SGD
  };

  struct StepLists;

  std::vector<torch::Tensor> gradients() const;
  void step_sgd(StepLists& lists, double weight_decay, double learning_rate);
  void step_adamw(StepLists& lists, double weight_decay, double learning_rate);

  OptimizerOptions options_;
  std::vector<Group> groups_;
  torch::Tensor steps_done_;  // int64 scalar on the CPU
};

}  // namespace stoker
