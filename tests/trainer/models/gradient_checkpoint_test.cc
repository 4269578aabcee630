// Recomputed activations: the same to the bit, in less memory.
#include "trainer/models/gradient_checkpoint.h"

#include <c10/util/ThreadLocalDebugInfo.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "trainer/models/classifier.h"
#include "trainer/models/unet3d.h"
#include "trainer/run/memory_estimate.h"
#include "trainer/tensors/autocast.h"
#include "trainer/tensors/live_bytes.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {
namespace {

struct NetworkCase {
  std::string name;
  std::vector<int64_t> input;
  bool blurpool = false;
};

// Of two passes, so that the second starts from the statistics of the first.
struct Outcome {
  std::vector<torch::Tensor> losses;
  NamedTensors state;
  std::vector<torch::Tensor> gradients;
  int64_t kept_bytes = 0;  // of the second pass, between forward and backward
};

torch::nn::AnyModule make_network(const NetworkCase& network, bool checkpoints) {
  torch::manual_seed(5);
  if (network.name == "unet3d") {
    const auto unet = std::make_shared<UNet3d>(UNet3dShape{network.input[1], 2, 4, 2});
    unet->set_gradient_checkpointing(checkpoints);
    return torch::nn::AnyModule(unet);
  }
  NetworkOptions options;
  options.gradient_checkpointing = checkpoints;
  options.blurpool = network.blurpool;
  return make_classifier(network.name, network.input[1], 5, options);
}

Outcome run(const NetworkCase& network, Amp amp, bool checkpoints) {
  torch::nn::AnyModule model = make_network(network, checkpoints);
  model.ptr()->train();
  Outcome outcome;
  for (int pass = 0; pass < 2; ++pass) {
    const torch::Tensor input = torch::randn(network.input);
    const auto counter = std::make_shared<LiveBytes>();
    const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, counter);
    torch::Tensor output;
    {
      const AutocastScope scope(amp, torch::kCPU);
      output = model.forward(input);
    }
    outcome.kept_bytes = counter->live();
    output = output.to(torch::kFloat32);
    const torch::Tensor loss = (output * torch::arange(output.numel()).view_as(output).sin()).sum();
    loss.backward();
    outcome.losses.push_back(loss.detach());
  }
  outcome.state = state_dict(*model.ptr());
  for (const torch::Tensor& parameter : model.ptr()->parameters())
    outcome.gradients.push_back(parameter.grad());
  return outcome;
}

void expect_same(const Outcome& kept, const Outcome& recomputed) {
  for (size_t i = 0; i < kept.losses.size(); ++i)
    EXPECT_TRUE(torch::equal(kept.losses[i], recomputed.losses[i])) << "pass " << i;
  ASSERT_EQ(kept.state.size(), recomputed.state.size());
  for (size_t i = 0; i < kept.state.size(); ++i) {
    EXPECT_TRUE(torch::equal(kept.state[i].second, recomputed.state[i].second))
        << kept.state[i].first;
  }
  ASSERT_EQ(kept.gradients.size(), recomputed.gradients.size());
  for (size_t i = 0; i < kept.gradients.size(); ++i) {
    ASSERT_TRUE(recomputed.gradients[i].defined()) << kept.state[i].first;
    EXPECT_TRUE(torch::equal(kept.gradients[i], recomputed.gradients[i])) << kept.state[i].first;
  }
}

class GradientCheckpoint : public ::testing::TestWithParam<NetworkCase> {};

TEST_P(GradientCheckpoint, GradientsAndStatisticsAreTheSameToTheBit) {
  at::set_num_threads(2);
  const Outcome kept = run(GetParam(), Amp::kOff, false);
  const Outcome recomputed = run(GetParam(), Amp::kOff, true);
  expect_same(kept, recomputed);
  const auto keeps = static_cast<double>(recomputed.kept_bytes);
  const auto kept_all = static_cast<double>(kept.kept_bytes);
  std::printf("%s: keeps %.2f of %.2f MB\n", GetParam().name.c_str(), keeps / 1e6, kept_all / 1e6);
  EXPECT_LT(keeps, 0.6 * kept_all);
}

TEST_P(GradientCheckpoint, TheSecondPassRunsUnderTheAutocastOfTheFirst) {
  at::set_num_threads(2);
  expect_same(run(GetParam(), Amp::kBf16, false), run(GetParam(), Amp::kBf16, true));
}

INSTANTIATE_TEST_SUITE_P(Networks, GradientCheckpoint,
                         ::testing::Values(NetworkCase{"resnet18", {4, 3, 64, 64}},
                                           NetworkCase{"resnet50", {4, 3, 64, 64}, true},
                                           NetworkCase{"densenet121", {4, 1, 64, 64}},
                                           NetworkCase{"unet3d", {2, 6, 16, 16, 16}}),
                         [](const auto& info) { return info.param.name; });

// A convolution of 3 to 8 channels, a batch norm, a rectifier.
class Block : public torch::nn::Module {
 public:
  Block() {
    convolution_ = register_module(
        "convolution", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 8, 3).padding(1).bias(false)));
    norm_ = register_module("norm", torch::nn::BatchNorm2d(8));
  }
  torch::Tensor forward(const torch::Tensor& input) {
    ++calls_;
    return torch::relu(norm_(convolution_(input)));
  }
  int calls() const { return calls_; }
  const torch::nn::BatchNorm2d& norm() const { return norm_; }

 private:
  torch::nn::Conv2d convolution_ = nullptr;
  torch::nn::BatchNorm2d norm_ = nullptr;
  int calls_ = 0;
};

class Network : public torch::nn::Module {
 public:
  explicit Network(bool checkpoints) : checkpoints_(checkpoints) {
    block_ = register_module("block", std::make_shared<Block>());
  }
  torch::Tensor forward(torch::Tensor input) {
    const NetworkPart part{{block_},
                           [block = block_.get()](const std::vector<torch::Tensor>& inputs) {
                             return block->forward(inputs[0]);
                           }};
    return run_part(checkpoints_, part, {input});
  }
  const Block& block() const { return *block_; }

 private:
  const bool checkpoints_;
  std::shared_ptr<Block> block_;
};

TEST(GradientCheckpointPart, KeepsNothingButItsOutput) {
  TrainOptions options;
  options.model = "resnet18";
  options.data.crop = 64;
  options.data.batch_size = 1;
  const double map = 8 * 64 * 64 * sizeof(float);
  // Without it the convolution's output, for the norm, and the rectifier's, which is the part's.
  for (const auto& [checkpoints, maps] : {std::pair{false, 2.0}, std::pair{true, 1.0}}) {
    Task task;
    task.network = torch::nn::AnyModule(std::make_shared<Network>(checkpoints));
    const MemoryEstimate estimate = estimate_memory(task, options);
    EXPECT_NEAR(static_cast<double>(estimate.activations_of_one), maps * map, 0.02 * map);
  }
}

TEST(GradientCheckpointPart, IsComputedTwiceOnlyWhereAGradientIsWanted) {
  Network network(true);
  const torch::Tensor input = torch::randn({2, 3, 8, 8});
  {
    const torch::NoGradGuard no_grad;
    network.forward(input);
    EXPECT_EQ(network.block().calls(), 1);
  }
  network.forward(input).sum().backward();
  EXPECT_EQ(network.block().calls(), 3);
  EXPECT_EQ(network.block().norm()->num_batches_tracked.item<int64_t>(), 2);
}

// Evaluation with gradients normalises by the running statistics, in both passes.
TEST(GradientCheckpointPart, WorksInEvaluationMode) {
  std::vector<torch::Tensor> gradients;
  for (const bool checkpoints : {false, true}) {
    torch::manual_seed(6);
    Network network(checkpoints);
    network.forward(torch::randn({2, 3, 8, 8}));  // statistics that are not those of a new network
    network.eval();
    const torch::Tensor input = torch::randn({2, 3, 8, 8}, torch::requires_grad());
    network.forward(input).sum().backward();
    gradients.push_back(input.grad());
  }
  EXPECT_GT(gradients[0].abs().sum().item<float>(), 0.0f);
  EXPECT_TRUE(torch::equal(gradients[0], gradients[1]));
}

}  // namespace
}  // namespace stoker
