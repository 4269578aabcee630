#include "trainer/tensors/cpu_allocator.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "trainer/tensors/block_pool.h"
#include "trainer/tensors/torch_errors.h"

namespace stoker {
namespace {

uintptr_t address(const torch::Tensor& tensor) {
  return reinterpret_cast<uintptr_t>(tensor.data_ptr());
}

torch::Tensor learn(int64_t side) {
  torch::manual_seed(7);
  torch::nn::Conv2d conv(torch::nn::Conv2dOptions(3, 32, 3));
  conv(torch::rand({8, 3, side, side})).pow(2).mean().backward();
  return conv->weight.grad().clone();
}

TEST(CpuAllocator, ServesTensorsAndChangesNoResult) {
  const torch::Tensor before = learn(96);  // from LibTorch's own memory
  use_pooled_memory();
  EXPECT_TRUE(torch::equal(learn(96), before));
  EXPECT_TRUE(torch::equal(learn(96), before));  // from memory that is used again

  const torch::Tensor large = torch::zeros({1024, 1024});
  EXPECT_EQ(address(large) % BlockPool::kPage, 0u);
  const uintptr_t place = address(large);
  torch::Tensor next = large + 1;
  EXPECT_NE(address(next), place);
  const uintptr_t freed = address(next);
  next = torch::Tensor();
  EXPECT_EQ(address(torch::ones({1000, 1024})), freed);
  EXPECT_EQ(torch::empty({0}).numel(), 0);
}

TEST(CpuAllocator, SaysThatMemoryIsShort) {
  use_pooled_memory();
  try {
    (void)torch::empty({int64_t{1} << 50});
    FAIL() << "expected an error";
  } catch (const c10::Error& error) {
    EXPECT_NE(std::string(from_torch(error).what()).find("not enough memory"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace stoker
