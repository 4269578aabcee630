// A 2-D convolution that can blur its input first, so that its stride passes over nothing unseen
// (BlurPool).
//
// The blur: each channel by itself with the 3x3 binomial filter [1 2 1] x [1 2 1] / 16, zeros
// beyond the edges, size unchanged. It is fixed, neither learnt nor saved: parameters and their
// names are those of the convolution alone, with it and without. Source: R. Zhang, "Making
// Convolutional Networks Shift-Invariant Again", 2019; the filter and its place as in FFCV's
// ResNets (BlurPoolConv2d).
#pragma once

#include <torch/torch.h>

namespace stoker {

class BlurConv2dImpl : public torch::nn::Conv2dImpl {
 public:
  BlurConv2dImpl(const torch::nn::Conv2dOptions& options, bool blurs);
  torch::Tensor forward(const torch::Tensor& images);

 private:
  torch::Tensor filter_;  // [channels, 1, 3, 3]; undefined where nothing is blurred
};
TORCH_MODULE(BlurConv2d);

// One that does not: stride 1, the size unchanged (odd kernels), no bias.
torch::nn::Conv2d convolution(int64_t in, int64_t out, int64_t kernel);

}  // namespace stoker
