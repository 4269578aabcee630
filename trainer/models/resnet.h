// ResNet-18, -34 and -50, with the parameter and buffer names of torchvision's models, so that
// weights go both ways by name.
//
// Input: float [batch, channels, height, width], normalised. Output: logits [batch, classes].
// Source: K. He et al., "Deep Residual Learning for Image Recognition", 2016; the stride of a
// bottleneck sits in its 3x3 convolution, as in torchvision ("v1.5").
#pragma once

#include <torch/torch.h>

#include <array>
#include <cstdint>
#include <vector>

namespace stoker {

struct ResNetShape {
  std::array<int64_t, 4> blocks{2, 2, 2, 2};
  bool bottleneck = false;
  bool blurpool =
      false;  // the convolutions of stride 2 but the first blur their input (blur_conv.h)
};
inline constexpr ResNetShape kResNet18{{2, 2, 2, 2}, false};
inline constexpr ResNetShape kResNet34{{3, 4, 6, 3}, false};
inline constexpr ResNetShape kResNet50{{3, 4, 6, 3}, true};

class ResNet : public torch::nn::Module {
 public:
  ResNet(const ResNetShape& shape, int64_t input_channels, int64_t class_count);
  torch::Tensor forward(torch::Tensor images);
  // Block by block (gradient_checkpoint.h).
  void set_gradient_checkpointing(bool on) { checkpoints_ = on; }

 private:
  torch::nn::Sequential make_layer(const ResNetShape& shape, size_t index);

  int64_t width_ = 64;  // channels where the next block begins
  torch::nn::Conv2d conv1_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr};
  std::array<torch::nn::Sequential, 4> layers_{nullptr, nullptr, nullptr, nullptr};
  torch::nn::Linear fc_{nullptr};
  bool checkpoints_ = false;
};

}  // namespace stoker
