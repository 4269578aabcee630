// The sliding window with mirror images, on a small network of random weights.
#include "trainer/predict/volume_predictor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "trainer/models/unet3d.h"

namespace stoker {
namespace {

constexpr Zyx kSize{16, 24, 20};

VolumeInput random_volume() {
  torch::manual_seed(7);
  VolumeInput input;
  input.size_zyx = kSize;
  input.voxels =
      torch::randint(256, {1, kSize[0], kSize[1], kSize[2]}, torch::kInt64).to(torch::kUInt8);
  input.mean = torch::full({1, 1, 1, 1}, 128.0f);
  input.stddev = torch::full({1, 1, 1, 1}, 64.0f);
  return input;
}

std::shared_ptr<UNet3d> random_network() {
  torch::manual_seed(11);
  auto model = std::make_shared<UNet3d>(UNet3dShape{1, 2, 4, 2});
  model->eval();
  return model;
}

// [z, y, x]
torch::Tensor predict(const VolumeInput& input, int64_t window, bool flips) {
  const PredictOptions options{window, 0.5, 2, flips};
  const std::vector<float> found = predict_surface(*random_network(), input, options, torch::kCPU);
  return torch::tensor(found).view({kSize[0], kSize[1], kSize[2]});
}

double largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

TEST(VolumePredictor, WithFlipsAMirroredVolumeHasTheMirroredPrediction) {
  const VolumeInput input = random_volume();
  const torch::Tensor with_flips = predict(input, 8, true);
  const torch::Tensor without = predict(input, 8, false);
  for (int64_t axis = 0; axis < 3; ++axis) {
    SCOPED_TRACE(axis);
    VolumeInput mirrored = input;
    mirrored.voxels = input.voxels.flip({axis + 1}).contiguous();
    EXPECT_LT(largest_difference(predict(mirrored, 8, true).flip({axis}), with_flips), 1e-5);
    // The network itself is not symmetric: it is the flips that do it.
    EXPECT_GT(largest_difference(predict(mirrored, 8, false).flip({axis}), without), 1e-3);
  }
}

TEST(VolumePredictor, FlipsAreTheMeanOfTheMirrorImages) {
  const VolumeInput input = random_volume();
  const int64_t window = 24;  // the whole volume at once
  torch::Tensor mean = torch::zeros({kSize[0], kSize[1], kSize[2]});
  for (const std::vector<int64_t>& axes :
       std::vector<std::vector<int64_t>>{{}, {0}, {1}, {2}, {0, 1}, {0, 2}, {1, 2}, {0, 1, 2}}) {
    std::vector<int64_t> input_axes = axes;
    for (int64_t& axis : input_axes)
      ++axis;
    VolumeInput mirrored = input;
    mirrored.voxels = input.voxels.flip(input_axes).contiguous();
    mean += predict(mirrored, window, false).flip(axes) / 8.0;
  }
  EXPECT_LT(largest_difference(predict(input, window, true), mean), 1e-5);
}

TEST(VolumePredictor, OneWindowOverAllIsTheNetworkItself) {
  const VolumeInput input = random_volume();
  const torch::NoGradGuard no_grad;
  const torch::Tensor logits =
      random_network()->forward(network_box(input, {{0, 0, 0}, kSize}).unsqueeze(0));
  const torch::Tensor surface = torch::softmax(logits, 1)[0][1];
  EXPECT_LT(largest_difference(predict(input, 24, false), surface), 1e-6);
}

}  // namespace
}  // namespace stoker
