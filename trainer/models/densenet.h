// DenseNet-121, with the parameter and buffer names of torchvision's model.
//
// Input: float [batch, channels, height, width], normalised, at least 32 pixels a side. Output:
// logits [batch, classes].
// Source: G. Huang et al., "Densely Connected Convolutional Networks", 2017.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace stoker {

class DenseLayer;

class DenseNet121 : public torch::nn::Module {
 public:
  DenseNet121(int64_t input_channels, int64_t class_count);
  torch::Tensor forward(torch::Tensor images);
  // Dense layer by dense layer (gradient_checkpoint.h).
  void set_gradient_checkpointing(bool on) { checkpoints_ = on; }

 private:
  struct Transition {
    torch::nn::BatchNorm2d norm;
    torch::nn::Conv2d conv;
  };

  torch::nn::Conv2d conv0_{nullptr};
  torch::nn::BatchNorm2d norm0_{nullptr};
  std::vector<std::vector<std::shared_ptr<DenseLayer>>> blocks_;
  std::vector<Transition> transitions_;  // one after each block but the last
  torch::nn::BatchNorm2d norm5_{nullptr};
  torch::nn::Linear classifier_{nullptr};
  bool checkpoints_ = false;
};

}  // namespace stoker
