// Activations are counted: of networks so small that arithmetic tells their bytes.
#include "trainer/run/memory_estimate.h"

#include <gtest/gtest.h>

#include "libdata/core/error.h"

namespace stoker {
namespace {

// A convolution of 3 to 8 channels, a batch norm, a rectifier.
class Block : public torch::nn::Module {
 public:
  Block() {
    convolution_ = register_module(
        "convolution", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 8, 3).padding(1).bias(false)));
    norm_ = register_module("norm", torch::nn::BatchNorm2d(8));
  }
  torch::Tensor forward(torch::Tensor input) { return torch::relu(norm_(convolution_(input))); }

 private:
  torch::nn::Conv2d convolution_ = nullptr;
  torch::nn::BatchNorm2d norm_ = nullptr;
};

TrainOptions options(int64_t crop, int64_t batch_size) {
  TrainOptions options;
  options.model = "resnet18";
  options.data.crop = crop;
  options.data.batch_size = batch_size;
  options.optimizer.name = "adamw";
  return options;
}

TEST(MemoryEstimate, CountsWhatTheBackwardPassKeeps) {
  Task task;
  const auto block = std::make_shared<Block>();
  task.network = torch::nn::AnyModule(block);
  const MemoryEstimate small = estimate_memory(task, options(64, 10));
  const uint64_t map = 8 * 64 * 64 * sizeof(float);
  // Kept are the convolution's output, for the norm, and the rectifier's.
  EXPECT_NEAR(static_cast<double>(small.activations_of_one), 2.0 * double(map), 0.01 * double(map));
  EXPECT_EQ(small.parameters, 3u * 8 * 9 + 2 * 8);
  EXPECT_EQ(small.gradients, small.parameters * 4);
  EXPECT_EQ(small.optimizer, small.parameters * 8);
  const MemoryEstimate large = estimate_memory(task, options(128, 20));
  EXPECT_NEAR(double(large.activations), 8.0 * double(small.activations),
              0.01 * double(large.activations));
}

TEST(MemoryEstimate, AnAverageOfTheWeightsIsTheirSizeAgain) {
  Task task;
  task.network = torch::nn::AnyModule(std::make_shared<Block>());
  TrainOptions averaged = options(64, 10);
  const MemoryEstimate without = estimate_memory(task, averaged);
  averaged.regularization.use_ema = true;
  const MemoryEstimate with = estimate_memory(task, averaged);
  // Parameters, the norm's running mean and variance, and its count of batches in 8 bytes.
  EXPECT_EQ(with.average, (3u * 8 * 9 + 2 * 8) * 4 + 2 * 8 * 4 + 8);
  EXPECT_EQ(without.average, 0u);
  EXPECT_EQ(with.total() - without.total(), with.average);
}

TEST(MemoryEstimate, LeavesNetworkAndRandomStateAsTheyWere) {
  Task task;
  const auto block = std::make_shared<Block>();
  task.network = torch::nn::AnyModule(block);
  block->eval();
  std::vector<torch::Tensor> before;
  for (const torch::Tensor& buffer : block->buffers())
    before.push_back(buffer.clone());
  torch::manual_seed(5);
  const torch::Tensor expected = torch::rand({3});
  torch::manual_seed(5);
  estimate_memory(task, options(64, 1));
  EXPECT_TRUE(torch::equal(torch::rand({3}), expected));
  for (size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(torch::equal(block->buffers()[i], before[i]));
  EXPECT_FALSE(block->is_training());
  for (const torch::Tensor& parameter : block->parameters())
    EXPECT_FALSE(parameter.grad().defined());
}

TEST(MemoryEstimate, ABatchTooLargeIsRefusedWithOneThatFits) {
  MemoryEstimate estimate;
  estimate.activations_of_one = uint64_t{1} << 40;
  estimate.activations = uint64_t{4} << 40;
  try {
    check_memory(estimate, options(64, 4), torch::kCPU);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(error.what()).find("4.00 TiB"), std::string::npos) << error.what();
  }
  EXPECT_NO_THROW(check_memory({}, options(64, 4), torch::kCPU));
}

}  // namespace
}  // namespace stoker
