#include "trainer/models/blur_conv.h"

namespace stoker {
namespace {

torch::Tensor binomial_filter(int64_t channels) {
  const torch::Tensor line = torch::tensor({1.0f, 2.0f, 1.0f}) / 4;
  return torch::outer(line, line).expand({channels, 1, 3, 3}).contiguous();
}

}  // namespace

BlurConv2dImpl::BlurConv2dImpl(const torch::nn::Conv2dOptions& options, bool blurs)
    : Conv2dImpl(options) {
  if (blurs) filter_ = binomial_filter(options.in_channels());
}

torch::Tensor BlurConv2dImpl::forward(const torch::Tensor& images) {
  if (!filter_.defined()) return Conv2dImpl::forward(images);
  filter_ = filter_.to(weight.device());  // a copy the first time only
  return Conv2dImpl::forward(torch::conv2d(images, filter_, /*bias=*/{}, /*stride=*/1,
                                           /*padding=*/1, /*dilation=*/1,
                                           /*groups=*/images.size(1)));
}

torch::nn::Conv2d convolution(int64_t in, int64_t out, int64_t kernel) {
  return torch::nn::Conv2d(
      torch::nn::Conv2dOptions(in, out, kernel).padding(kernel / 2).bias(false));
}

}  // namespace stoker
