// A 3-D U-Net for volumes.
//
// Each level is two 3x3x3 convolutions with instance norm and LeakyReLU; a strided convolution goes
// down a level, a transposed one comes back up, and what was there before is concatenated. Strided
// convolutions instead of pooling, and transposed ones instead of interpolation, keep training
// reproducible on a GPU. Convolutions before a norm have no bias: the norm would take it away.
//
// Input: float [batch, channels, z, y, x], sides multiples of 2^depth and, at the bottom, more than
// one voxel in all (instance norm needs two). Output: logits [batch, classes, z, y, x]. Names of
// parameters: encoder.L.{conv1,norm1,conv2,norm2}, down.L, bottleneck, up.L, decoder.L, head, with
// level L counted from the finest. One thread. Errors: InvalidArgument for other sizes.
// Source: O. Cicek et al., "3D U-Net", 2016; widths and norm as nnU-Net's.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace stoker {

struct UNet3dShape {
  int64_t input_channels = 6;
  int64_t class_count = 2;
  int64_t base = 32;  // channels of the finest level; each level down has twice as many
  int64_t depth = 4;  // levels below the finest
};

class UNet3d : public torch::nn::Module {
 public:
  explicit UNet3d(const UNet3dShape& shape);
  torch::Tensor forward(torch::Tensor volumes);
  // Level by level (gradient_checkpoint.h).
  void set_gradient_checkpointing(bool on) { checkpoints_ = on; }

  const UNet3dShape& shape() const { return shape_; }
  // Sides of an input are multiples of this.
  int64_t side_step() const { return int64_t{1} << shape_.depth; }

 private:
  UNet3dShape shape_;
  torch::nn::ModuleList encoder_;
  torch::nn::ModuleList down_;
  torch::nn::ModuleList up_;
  torch::nn::ModuleList decoder_;
  std::shared_ptr<torch::nn::Module> bottleneck_;
  torch::nn::Conv3d head_{nullptr};
  bool checkpoints_ = false;
};

}  // namespace stoker
