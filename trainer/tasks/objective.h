// What a network is to make small: terms, each a sum over what counts (samples, voxels) and a
// weight (how much counts), so that a step can be put together from several batches and several
// processes: sums and weights add up and are divided once. Means could not be averaged.
//
//   loss = sum over terms of factor * (sum over parts of `sums`) / (sum over parts of `weights`)
//
// One thread. Scalars on the batch's device, float32 whatever the network computes in.
#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

#include "trainer/feed/device_batch.h"

namespace stoker {

struct LossTerm {
  std::string figure;  // under which its mean is logged, without the factor; empty: not at all
  double factor = 1.0;
};

// How well a batch was learnt, for the log beside the loss: a sum over samples.
struct BatchFigure {
  std::string name;
  torch::Tensor sum;  // a scalar on the device, without a graph
};

class Objective {
 public:
  virtual ~Objective() = default;

  // At least one; the same for every batch.
  virtual std::vector<LossTerm> terms() const = 0;
  // Of each term, without a graph; known before the network has seen the batch. A weight of 0 comes
  // with a sum of 0. Padding counts nowhere.
  virtual std::vector<torch::Tensor> weights(const DeviceBatch& batch) const = 0;
  // Of each term, with its graph. `outputs`: what the network makes of batch.input.
  virtual std::vector<torch::Tensor> sums(const torch::Tensor& outputs,
                                          const DeviceBatch& batch) const = 0;
  // None where they would say what is not so. Padding counts nowhere.
  virtual std::vector<BatchFigure> figures(const torch::Tensor& /*outputs*/,
                                           const DeviceBatch& /*batch*/) const {
    return {};
  }
};

// The mean of a term; 0 where the weight is, whatever the sum.
inline torch::Tensor mean_of(const torch::Tensor& sum, const torch::Tensor& weight) {
  const torch::Tensor mean = sum / weight.clamp_min(1e-12);
  return torch::where(weight > 0, mean, torch::zeros_like(mean));
}

// What of a tensor [N, ...] is no padding.
inline torch::Tensor without_padding(const torch::Tensor& values, const DeviceBatch& batch) {
  return batch.padding == 0 ? values : values.narrow(0, 0, batch.samples - batch.padding);
}

}  // namespace stoker
