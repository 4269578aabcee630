// Averages against the recursion written out in plain numbers, and that they leave the network as
// it is.
#include "trainer/optim/weight_average.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace stoker {
namespace {

struct Network : torch::nn::Module {
  Network() {
    weight = register_parameter("weight", torch::tensor({1.0F, 2.0F}));
    mean = register_buffer("mean", torch::tensor({4.0F}));
    count = register_buffer("count", torch::tensor({3}, torch::kInt64));
  }
  void move(double by) {
    const torch::NoGradGuard no_grad;
    weight += by;
    mean += 2.0 * by;
    count += 1;
  }
  torch::Tensor weight, mean, count;
};

torch::Tensor of(const WeightAverage& average, const std::string& name) {
  for (const auto& [found, tensor] : average.tensors()) {
    if (found == name) return tensor;
  }
  return {};
}

TEST(WeightAverage, FollowsTheRecursionWithItsWarmUp) {
  for (const double limit : {0.5, 0.9999}) {
    Network network;
    WeightAverage average(network, limit);
    double weight = 1.0, mean = 4.0;  // the values' own
    double expected_weight = weight, expected_mean = mean;
    for (uint64_t n = 0; n < 20; ++n) {
      network.move(0.25);
      weight += 0.25;
      mean += 0.5;
      average.update(n, torch::tensor(true));
      const double decay = std::min(limit, (1.0 + double(n)) / (10.0 + double(n)));
      expected_weight = decay * expected_weight + (1.0 - decay) * weight;
      expected_mean = decay * expected_mean + (1.0 - decay) * mean;
      EXPECT_NEAR(of(average, "weight")[0].item<double>(), expected_weight, 1e-5);
      EXPECT_NEAR(of(average, "weight")[1].item<double>(), expected_weight + 1.0, 1e-5);
      EXPECT_NEAR(of(average, "mean").item<double>(), expected_mean, 1e-5);
      EXPECT_EQ(of(average, "count").item<int64_t>(), 4 + int64_t(n));
    }
    EXPECT_EQ(network.weight[0].item<double>(), 6.0);
  }
}

TEST(WeightAverage, AStepThatIsLeftOutChangesNothing) {
  Network network;
  WeightAverage average(network, 0.9);
  network.move(1.0);
  average.update(0, torch::tensor(true));
  const torch::Tensor before = of(average, "weight").clone();
  network.move(1.0);
  average.update(1, torch::tensor(false));
  EXPECT_TRUE(torch::equal(of(average, "weight"), before));
  EXPECT_EQ(of(average, "count").item<int64_t>(), 4);
}

TEST(WeightAverage, TheNetworkHoldsTheAverageWhileAsked) {
  Network network;
  WeightAverage average(network, 0.9);
  network.move(1.0);
  average.update(0, torch::tensor(true));  // decay 0.1
  const void* place = network.weight.data_ptr();
  {
    const AveragedWeights held(&average);
    EXPECT_NEAR(network.weight[0].item<double>(), 0.1 * 1.0 + 0.9 * 2.0, 1e-6);
    EXPECT_NEAR(network.mean.item<double>(), 0.1 * 4.0 + 0.9 * 6.0, 1e-6);
  }
  EXPECT_EQ(network.weight[0].item<double>(), 2.0);
  EXPECT_NEAR(of(average, "weight")[0].item<double>(), 1.9, 1e-6);
  EXPECT_EQ(network.weight.data_ptr(), place);
  const AveragedWeights none(nullptr);
  EXPECT_EQ(network.weight[0].item<double>(), 2.0);
}

TEST(WeightAverage, BeginsAnewWithTheWeightsOfThen) {
  Network network;
  WeightAverage average(network, 0.9);
  network.move(5.0);
  average.restart();
  EXPECT_EQ(of(average, "weight")[0].item<double>(), 6.0);
  EXPECT_EQ(of(average, "count").item<int64_t>(), 4);
}

}  // namespace
}  // namespace stoker
