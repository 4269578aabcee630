// The exponential moving average of a network's weights and buffers over the steps.
//
//   average = decay * average + (1 - decay) * weights,  decay = min(limit, (1 + n) / (10 + n))
//
// where n is how many steps were taken before: the first steps, whose weights are nothing to keep,
// are soon forgotten. Buffers of whole numbers (a batch norm's count) are copied.
// Nothing here waits for the device. One thread. Ownership: shares the network's tensors, which
// must not be moved to other memory afterwards (so that an Optimizer comes first).
// Source: B. Polyak, A. Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992;
// the warm-up is TensorFlow's ExponentialMovingAverage with num_updates.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "trainer/tensors/tensor_files.h"

namespace stoker {

class WeightAverage {
 public:
  // Begins with the weights as they are.
  WeightAverage(const torch::nn::Module& model, double decay);

  // Begins anew, with the weights as they are now.
  void restart();
  // After a step. `steps_before`: that were taken before it; `taken`: whether it was, a bool scalar
  // on the device; where it is false nothing changes.
  void update(uint64_t steps_before, const torch::Tensor& taken);
  // Exchanges the network's values with the average's.
  void swap();

  // Under the names of state_dict; the tensors share the average's memory.
  const NamedTensors& tensors() const { return tensors_; }
  double decay() const { return decay_; }

 private:
  struct Pair {
    torch::Tensor weights;  // 1-D: a whole stretch of the network's memory
    torch::Tensor average;
  };

  const double decay_;
  std::vector<Pair> pairs_;
  NamedTensors tensors_;
};

// While it lives, the network holds the average. Null: it holds what it held.
class AveragedWeights {
 public:
  explicit AveragedWeights(WeightAverage* average) : average_(average) {
    if (average_ != nullptr) average_->swap();
  }
  ~AveragedWeights() {
    if (average_ != nullptr) average_->swap();
  }
  AveragedWeights(const AveragedWeights&) = delete;
  AveragedWeights& operator=(const AveragedWeights&) = delete;

 private:
  WeightAverage* const average_;
};

}  // namespace stoker
