// Batch norm, addition and ReLU as one, against the library's operations in double.
#include "trainer/models/norm_relu.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <limits>

#include "trainer/models/norm_relu_kernel.h"

namespace stoker {
namespace {

using torch::Tensor;

struct MapCase {
  std::vector<int64_t> shape;  // [batch, channels, y, x]
  double mean = 0;
  bool added = false;
};

torch::nn::BatchNorm2d make_norm(int64_t channels) {
  torch::nn::BatchNorm2d norm(channels);
  const torch::NoGradGuard no_grad;
  norm->weight.copy_(torch::randn({channels}));
  norm->bias.copy_(torch::randn({channels}));
  norm->running_mean.copy_(torch::randn({channels}));
  norm->running_var.copy_(torch::rand({channels}) + 0.5);
  return norm;
}

Tensor random_map(const std::vector<int64_t>& shape, double mean) {
  return (torch::randn(shape) + mean).contiguous(torch::MemoryFormat::ChannelsLast);
}

struct Outcome {
  Tensor output;
  std::vector<Tensor> gradients;  // of x, weight, bias and, where there is one, what was added
  std::vector<Tensor> buffers;
};

using Operation = Tensor (*)(torch::nn::BatchNorm2dImpl&, const Tensor&, const Tensor&);

Tensor one_by_one(torch::nn::BatchNorm2dImpl& norm, const Tensor& x, const Tensor& added) {
  const Tensor y = norm.forward(x);
  return torch::relu(added.defined() ? y + added : y);
}

Outcome run(Operation operation, const torch::nn::BatchNorm2d& start, const MapCase& map,
            torch::Dtype type) {
  torch::manual_seed(2);
  Tensor x = random_map(map.shape, map.mean).to(type).requires_grad_();
  Tensor added = map.added ? random_map(map.shape, 0).to(type).requires_grad_() : Tensor();
  const Tensor upstream = random_map(map.shape, 0.1).to(type);
  torch::nn::BatchNorm2d norm(
      std::dynamic_pointer_cast<torch::nn::BatchNorm2dImpl>(start->clone()));
  norm->to(type);
  Outcome outcome;
  outcome.output = operation(*norm, x, added);
  std::vector<Tensor> inputs{x, norm->weight, norm->bias};
  if (map.added) inputs.push_back(added);
  outcome.gradients = torch::autograd::grad({outcome.output}, inputs, {upstream});
  outcome.buffers = norm->buffers();
  return outcome;
}

double distance(const Tensor& a, const Tensor& b) {
  const Tensor exact = b.to(torch::kFloat64);
  return ((a.to(torch::kFloat64) - exact).abs().max() / exact.abs().max().clamp_min(1e-3))
      .item<double>();
}

// The gradient by x is small beside what cancels in it where a map has few values; elsewhere floats
// are right to some 1e-6 of the largest.
void expect_close(const std::vector<Tensor>& got, const std::vector<Tensor>& exact,
                  const char* what) {
  ASSERT_EQ(got.size(), exact.size());
  for (size_t i = 0; i < got.size(); ++i)
    EXPECT_LT(distance(got[i], exact[i]), 2e-5) << what << " " << i;
}

class NormReluOfMap : public testing::TestWithParam<MapCase> {};

TEST_P(NormReluOfMap, EqualsTheOperationsOneByOneInDouble) {
  torch::manual_seed(1);
  torch::nn::BatchNorm2d norm = make_norm(GetParam().shape[1]);
  const Outcome exact = run(one_by_one, norm, GetParam(), torch::kFloat64);
  const Outcome got = run(norm_relu, norm, GetParam(), torch::kFloat32);
  EXPECT_LT(distance(got.output, exact.output), 2e-5);
  EXPECT_TRUE(got.output.is_contiguous(torch::MemoryFormat::ChannelsLast));
  expect_close(got.gradients, exact.gradients, "gradient");
  expect_close(got.buffers, exact.buffers, "buffer");
}

TEST_P(NormReluOfMap, IsTheSameToTheBitAtAnyNumberOfThreads) {
  torch::nn::BatchNorm2d norm = make_norm(GetParam().shape[1]);
  const int threads = at::get_num_threads();
  std::vector<Outcome> outcomes;
  for (const int count : {1, 2, 7}) {
    at::set_num_threads(count);
    outcomes.push_back(run(norm_relu, norm, GetParam(), torch::kFloat32));
  }
  at::set_num_threads(threads);
  for (size_t i = 1; i < outcomes.size(); ++i) {
    EXPECT_TRUE(torch::equal(outcomes[i].output, outcomes[0].output));
    for (size_t g = 0; g < outcomes[0].gradients.size(); ++g)
      EXPECT_TRUE(torch::equal(outcomes[i].gradients[g], outcomes[0].gradients[g])) << g;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Maps, NormReluOfMap,
    testing::Values(MapCase{{2, 64, 12, 12}}, MapCase{{2, 64, 12, 12}, 0, true},
                    MapCase{{3, 7, 31, 17}, 3}, MapCase{{3, 7, 31, 17}, 3, true},
                    MapCase{{4, 130, 1, 1}}, MapCase{{4, 130, 1, 1}, 0, true},
                    MapCase{{2, 1, 9, 15}, -50}, MapCase{{1, 16, 24, 24}, 200}));

TEST(NormRelu, EvaluatesWithTheRunningStatistics) {
  torch::manual_seed(3);
  torch::nn::BatchNorm2d norm = make_norm(24);
  norm->eval();
  const torch::NoGradGuard no_grad;
  const Tensor x = random_map({2, 24, 20, 20}, 1);
  const Tensor before = x.clone();
  const Tensor added = random_map({2, 24, 20, 20}, 0);
  EXPECT_LT(distance(norm_relu(*norm, x), one_by_one(*norm, x, {})), 1e-6);
  EXPECT_LT(distance(norm_relu(*norm, x, added), one_by_one(*norm, x, added)), 1e-6);
  EXPECT_TRUE(torch::equal(x, before));
}

// What it does not do itself: the library's result, to the bit.
TEST(NormRelu, LeavesOtherMapsToTheLibrary) {
  torch::manual_seed(4);
  for (const torch::Dtype type : {torch::kFloat32, torch::kFloat64}) {
    torch::nn::BatchNorm2d norm = make_norm(16);
    norm->to(type);
    torch::nn::BatchNorm2d other(
        std::dynamic_pointer_cast<torch::nn::BatchNorm2dImpl>(norm->clone()));
    const Tensor x = torch::randn({2, 16, 10, 10}).to(type);  // channels first
    EXPECT_TRUE(torch::equal(norm_relu(*norm, x), one_by_one(*other, x, {})));
    EXPECT_TRUE(torch::equal(norm->running_var, other->running_var));
  }
}

TEST(NormRelu, WithoutBuffersTakesTheBatch) {
  torch::manual_seed(5);
  torch::nn::BatchNorm2d norm = make_norm(16);
  const Tensor x = random_map({2, 16, 10, 10}, 2);
  const Tensor with_buffers = norm_relu(*norm, x);
  for (Tensor* buffer : {&norm->running_mean, &norm->running_var, &norm->num_batches_tracked})
    *buffer = Tensor();
  EXPECT_TRUE(torch::equal(norm_relu(*norm, x), with_buffers));
}

TEST(NormRelu, ANanStaysOne) {
  torch::nn::BatchNorm2d norm(8);
  Tensor x = random_map({2, 8, 5, 5}, 0);
  x[0][3][2][2] = std::numeric_limits<float>::quiet_NaN();
  const Tensor y = norm_relu(*norm, x);
  EXPECT_TRUE(y.select(1, 3).isnan().all().item<bool>());
  EXPECT_FALSE(y.select(1, 2).isnan().any().item<bool>());
}

#if defined(__x86_64__)
TEST(NormRelu, KernelsGiveTheSameBits) {
  if (!__builtin_cpu_supports("avx2")) GTEST_SKIP() << "this machine has no AVX2";
  torch::manual_seed(6);
  const MapRows shape{77, 45};
  const auto draw = [&](int64_t count) { return torch::randn({count}); };
  const Tensor x = draw(shape.rows * shape.channels);
  const Tensor dy = draw(shape.rows * shape.channels);
  const Tensor lines = torch::randn({5, shape.channels});
  const auto line = [&](int64_t i) { return lines[i].data_ptr<float>(); };
  std::vector<std::vector<Tensor>> results;
  for (const NormReluKernel* kernel : {&kBaselineNormReluKernel, &kAvx2NormReluKernel}) {
    std::vector<Tensor> out;
    const auto fresh = [&out](int64_t count) {
      return out.emplace_back(torch::zeros({count})).data_ptr<float>();
    };
    const float* const from = x.data_ptr<float>();
    const float* const up = dy.data_ptr<float>();
    const NormLine norm{line(0), line(1)};
    const GradientLine gradient{line(0), line(2), line(3), line(4)};
    const auto map = x.numel();
    out.reserve(16);
    kernel->moments(from, shape, fresh(shape.channels), fresh(shape.channels));
    kernel->forward(from, nullptr, norm, shape, fresh(map));
    float* const y = fresh(map);
    kernel->forward(from, up, norm, shape, y);
    kernel->gradient_sums(from, up, norm, line(2), shape, fresh(shape.channels),
                          fresh(shape.channels));
    float* const z = fresh(map);
    kernel->gradient_sums_of_added(from, y, up, line(2), shape, z, fresh(shape.channels),
                                   fresh(shape.channels));
    kernel->gradient(from, up, norm, gradient, shape, fresh(map));
    kernel->gradient_of_added(from, z, gradient, shape, fresh(map));
    results.push_back(out);
  }
  for (size_t i = 0; i < results[0].size(); ++i)
    EXPECT_TRUE(torch::equal(results[0][i], results[1][i])) << i;
}
#endif

}  // namespace
}  // namespace stoker
