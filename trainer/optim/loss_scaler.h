// The factor by which a loss is scaled so that float16 gradients do not vanish: doubled after 2,000
// steps that were taken, halved after one whose gradients were not finite.
//
// Nothing here waits for the device. One thread. Source: P. Micikevicius and others, "Mixed
// Precision Training", 2018; constants of torch.cuda.amp.GradScaler, whose course it follows
// (tested).
#pragma once

#include <torch/torch.h>

#include "trainer/tensors/tensor_files.h"

namespace stoker {

class LossScaler {
 public:
  explicit LossScaler(const torch::Device& device);

  torch::Tensor scaled(const torch::Tensor& loss) const { return loss * scale_; }
  // What gradients of a scaled loss are to be multiplied by.
  torch::Tensor inverse() const { return scale_.reciprocal(); }
  // After a step; `taken`: whether it was, a bool scalar on the device.
  void update(const torch::Tensor& taken);

  // "scale", "good_steps": for a checkpoint; they share the scaler's memory.
  NamedTensors state() const { return {{"scale", scale_}, {"good_steps", good_steps_}}; }

 private:
  torch::Tensor scale_;       // float32 scalar
  torch::Tensor good_steps_;  // int64 scalar, since the scale last changed
};

}  // namespace stoker
