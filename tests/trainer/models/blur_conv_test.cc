// The blur by hand computation; whole networks against Python's are in torch_parity_test.cc.
#include "trainer/models/blur_conv.h"

#include <gtest/gtest.h>

namespace stoker {
namespace {

namespace nn = torch::nn;

// A convolution that hands on every second pixel of each of two channels.
BlurConv2d subsampling(bool blurs) {
  BlurConv2d convolution(nn::Conv2dOptions(2, 2, 1).stride(2).bias(false), blurs);
  const torch::NoGradGuard no_grad;
  convolution->weight.copy_(torch::eye(2).view({2, 2, 1, 1}));
  return convolution;
}

TEST(BlurConv, SpreadsAPointByTheBinomialFilter) {
  // Sixteen in the first channel, at the centre and in a corner of 5 x 5.
  const torch::Tensor images = torch::zeros({1, 2, 5, 5});
  images[0][0][2][2] = 16;
  images[0][0][0][4] = 16;
  // Blurred: 4 at the points themselves, 2 beside them, 1 across; the edge takes nothing back.
  const torch::Tensor expected = torch::zeros({1, 2, 3, 3});
  expected[0][0][1][1] = 4;
  expected[0][0][0][2] = 4;
  EXPECT_TRUE(torch::equal(subsampling(true)(images), expected));
  // A point between the pixels that are looked at is not lost: 1 each to the four across.
  const torch::Tensor between = torch::zeros({1, 2, 5, 5});
  between[0][1][1][1] = 16;
  const torch::Tensor seen = subsampling(true)(between)[0][1];
  EXPECT_TRUE(
      torch::equal(seen, torch::tensor({{1, 1, 0}, {1, 1, 0}, {0, 0, 0}}, torch::kFloat32)));
  EXPECT_EQ(subsampling(false)(between).abs().sum().item<float>(), 0.0f);
}

TEST(BlurConv, HasTheParametersOfAConvolution) {
  const BlurConv2d with = subsampling(true);
  ASSERT_EQ(with->named_parameters().keys(), std::vector<std::string>{"weight"});
  EXPECT_TRUE(with->named_buffers().is_empty());
}

// The filter passes on to the input what the transposed filter, which is the same, makes of the
// gradient.
TEST(BlurConv, PassesGradientsToItsInput) {
  const torch::Tensor images = torch::zeros({1, 2, 5, 5}, torch::requires_grad());
  const torch::Tensor output = subsampling(true)(images);
  (output[0][0][1][1] * 16).backward();
  const torch::Tensor expected = torch::zeros({5, 5});
  const torch::Tensor filter = torch::tensor({{1, 2, 1}, {2, 4, 2}, {1, 2, 1}}, torch::kFloat32);
  expected.slice(0, 1, 4).slice(1, 1, 4).copy_(filter);
  EXPECT_TRUE(torch::equal(images.grad()[0][0], expected));
}

}  // namespace
}  // namespace stoker
