// One step: left out without a trace where it is not finite, clipped and summed on the device, and
// the same from one batch as from its parts.
#include "trainer/run/train_step.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "libdata/core/error.h"
#include "trainer/tasks/classification_objective.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {
namespace {

// A network with weights, biases and a batch norm, whose features a test chooses.
struct SmallNetwork : torch::nn::Module {
  SmallNetwork() {
    first = register_module("first", torch::nn::Linear(4, 6));
    norm = register_module("norm", torch::nn::BatchNorm1d(6));
    last = register_module("last", torch::nn::Linear(6, 3));
  }
  torch::Tensor forward(torch::Tensor input) {
    torch::Tensor hidden = first(input);
    if (with_norm) hidden = norm(hidden);
    return last(torch::relu(hidden));
  }

  torch::nn::Linear first{nullptr};
  torch::nn::BatchNorm1d norm{nullptr};
  torch::nn::Linear last{nullptr};
  bool with_norm = true;
};

class TrainStepTest : public testing::TestWithParam<const char*> {
 protected:
  TrainStepTest() {
    torch::manual_seed(3);
    network_ = std::make_shared<SmallNetwork>();
    task_.network = torch::nn::AnyModule(network_);
    task_.objective = std::make_unique<ClassificationObjective>(0.1, 3);
    options_.name = GetParam();
    options_.weight_decay = 0.01;
    options_.clip_grad_norm = 0.5;
  }

  static DeviceBatch batch(int64_t samples, float scale = 1.0f) {
    DeviceBatch batch;
    batch.input = torch::randn({samples, 4}) * scale;
    batch.target = torch::arange(samples).remainder(3);
    batch.samples = samples;
    return batch;
  }
  static DeviceBatch part(const DeviceBatch& whole, int64_t begin, int64_t count) {
    DeviceBatch part = whole;
    part.input = whole.input.narrow(0, begin, count);
    part.target = whole.target.narrow(0, begin, count);
    part.samples = count;
    return part;
  }

  // All that a step may change.
  std::vector<torch::Tensor> everything(const TrainStep& step) const {
    std::vector<torch::Tensor> values;
    for (const NamedTensors& tensors : {state_dict(*network_), step.optimizer().state()}) {
      for (const auto& [name, value] : tensors)
        values.push_back(value.detach().clone());
    }
    return values;
  }

  std::shared_ptr<SmallNetwork> network_;
  Task task_;
  OptimizerOptions options_;
};

TEST_P(TrainStepTest, AStepThatIsNotFiniteLeavesNoTrace) {
  TrainStep step(options_, task_);
  const DeviceBatch good = batch(8);
  step.take({&good, 1}, 0.1, 1);
  const std::vector<torch::Tensor> before = everything(step);
  const MetricSums sums = step.sums();
  for (const float bad :
       {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    DeviceBatch spoilt = batch(8);
    spoilt.input[3][1] = bad;
    step.take({&spoilt, 1}, 0.1, 2);
    const std::vector<torch::Tensor> after = everything(step);
    for (size_t i = 0; i < before.size(); ++i)
      EXPECT_TRUE(torch::equal(before[i], after[i])) << i;
    EXPECT_EQ(step.sums().by_name.at("loss").sum, sums.by_name.at("loss").sum);
    EXPECT_EQ(step.sums().by_name.at("loss").weight, 8.0);
    EXPECT_EQ(step.sums().by_name.at("top1").sum, sums.by_name.at("top1").sum);
    EXPECT_EQ(step.sums().by_name.at("top1").weight, 8.0);
  }
  const std::vector<StepVerdict> verdicts = step.take_verdicts();
  ASSERT_EQ(verdicts.size(), 3u);
  EXPECT_TRUE(verdicts[0].taken);
  EXPECT_FALSE(verdicts[1].taken);
  EXPECT_FALSE(verdicts[2].taken);
  EXPECT_TRUE(step.take_verdicts().empty());
}

TEST_P(TrainStepTest, AStepAfterOneThatIsLeftOutIsAsIfThatHadNotBeen) {
  const DeviceBatch first = batch(8);
  const DeviceBatch second = batch(8);
  DeviceBatch spoilt = batch(8);
  spoilt.input.fill_(std::numeric_limits<float>::infinity());
  const NamedTensors start = state_dict(*network_);
  std::vector<torch::Tensor> initial;
  for (const auto& [name, value] : start)
    initial.push_back(value.detach().clone());

  std::vector<std::vector<torch::Tensor>> ends;
  for (const bool with_bad : {true, false}) {
    {
      const torch::NoGradGuard no_grad;
      for (size_t i = 0; i < initial.size(); ++i)
        torch::Tensor(state_dict(*network_)[i].second).copy_(initial[i]);
    }
    TrainStep step(options_, task_);
    step.take({&first, 1}, 0.1, 1);
    if (with_bad) step.take({&spoilt, 1}, 0.1, 2);
    step.take({&second, 1}, 0.1, 3);
    ends.push_back(everything(step));
  }
  for (size_t i = 0; i < ends[0].size(); ++i)
    EXPECT_TRUE(torch::equal(ends[0][i], ends[1][i])) << i;
}

TEST_P(TrainStepTest, PartsOfUnequalSizeTeachWhatTheWholeBatchTeaches) {
  network_->with_norm = false;
  options_.clip_grad_norm = 0.0;
  const DeviceBatch whole = batch(9);
  const std::vector<DeviceBatch> parts{part(whole, 0, 6), part(whole, 6, 1), part(whole, 7, 2)};
  std::vector<torch::Tensor> initial;
  for (const auto& [name, value] : state_dict(*network_))
    initial.push_back(value.detach().clone());
  std::vector<std::vector<torch::Tensor>> ends;
  std::vector<double> losses;
  std::vector<double> right;
  for (const bool in_parts : {false, true}) {
    {
      const torch::NoGradGuard no_grad;
      for (size_t i = 0; i < initial.size(); ++i)
        torch::Tensor(state_dict(*network_)[i].second).copy_(initial[i]);
    }
    TrainStep step(options_, task_);
    for (uint64_t i = 1; i <= 3; ++i)
      step.take(in_parts ? std::span<const DeviceBatch>(parts) : std::span(&whole, 1), 0.01, i);
    ends.push_back(everything(step));
    losses.push_back(step.sums().by_name.at("loss").sum);
    EXPECT_EQ(step.sums().by_name.at("loss").weight, 27.0);
    right.push_back(step.sums().by_name.at("top1").sum);
    EXPECT_EQ(step.sums().by_name.at("top1").weight, 27.0);
  }
  EXPECT_EQ(right[0], right[1]);
  EXPECT_NEAR(losses[0], losses[1], 1e-5);
  for (size_t i = 0; i < ends[0].size(); ++i)
    EXPECT_TRUE(torch::allclose(ends[0][i], ends[1][i], 1e-4, 1e-5)) << i;
}

TEST_P(TrainStepTest, GradientsStayWhereTheyAreAndParametersKeepTheirPlace) {
  TrainStep step(options_, task_);
  const DeviceBatch one = batch(8);
  std::vector<const void*> places;
  const auto now = [&] {
    std::vector<const void*> found;
    for (const torch::Tensor& parameter : network_->parameters()) {
      found.push_back(parameter.data_ptr());
      found.push_back(parameter.grad().data_ptr());
    }
    return found;
  };
  const std::vector<const void*> before = now();
  for (uint64_t i = 1; i <= 2; ++i)
    step.take({&one, 1}, 0.1, i);
  EXPECT_EQ(now(), before);
  for (const torch::Tensor& parameter : network_->parameters())
    EXPECT_EQ(reinterpret_cast<uintptr_t>(parameter.data_ptr()) % 64, 0u);
}

TEST_P(TrainStepTest, TheAverageFollowsWeightsAndNormsOfStepsThatAreTaken) {
  TrainStep step(options_, task_, 0.9);
  std::vector<torch::Tensor> expected;
  for (const auto& [name, value] : state_dict(*network_))
    expected.push_back(value.detach().clone());
  uint64_t taken = 0;
  for (uint64_t i = 1; i <= 4; ++i) {
    DeviceBatch one = batch(8);
    const bool is_bad = i == 3;
    if (is_bad) one.input[0][0] = std::numeric_limits<float>::infinity();
    step.take({&one, 1}, 0.1, i);
    if (is_bad) continue;
    const double decay = std::min(0.9, (1.0 + double(taken)) / (10.0 + double(taken)));
    ++taken;
    const NamedTensors now = state_dict(*network_);
    for (size_t k = 0; k < now.size(); ++k) {
      const torch::Tensor value = now[k].second.detach();
      expected[k] =
          value.is_floating_point() ? decay * expected[k] + (1.0 - decay) * value : value.clone();
    }
  }
  const NamedTensors state = step.more_state();
  ASSERT_EQ(state.size(), expected.size());
  for (size_t k = 0; k < expected.size(); ++k) {
    EXPECT_EQ(state[k].first, "ema." + state_dict(*network_)[k].first);
    EXPECT_TRUE(torch::allclose(state[k].second, expected[k], 1e-5, 1e-6)) << state[k].first;
  }
}

TEST_P(TrainStepTest, SumsGoOnFromThoseOfACheckpoint) {
  TrainStep step(options_, task_);
  MetricSums saved;
  saved.add("loss", 0.1 + 0.2, 5.0);
  step.restore_sums(saved);
  EXPECT_EQ(step.sums().by_name.at("loss").sum, 0.1 + 0.2);
  const DeviceBatch one = batch(3);
  step.take({&one, 1}, 0.1, 1);
  EXPECT_EQ(step.sums().by_name.at("loss").weight, 8.0);
  step.restore_sums({});
  EXPECT_TRUE(step.sums().by_name.empty());
}

// Eight bits of digits in the passes: near float32's losses, and weights that stay float32.
TEST_P(TrainStepTest, Bfloat16LearnsAsFloat32DoesButForRounding) {
  try {
    choose_amp("bf16", torch::kCPU);
  } catch (const Error&) {
    GTEST_SKIP() << "no bfloat16 here";
  }
  const DeviceBatch samples = batch(64);
  std::vector<double> losses[2];
  for (const bool amp : {false, true}) {
    torch::manual_seed(5);
    network_ = std::make_shared<SmallNetwork>();
    task_.network = torch::nn::AnyModule(network_);
    task_.amp = amp ? Amp::kBf16 : Amp::kOff;
    TrainStep step(options_, task_);
    for (uint64_t i = 1; i <= 40; ++i) {
      step.restore_sums({});
      step.take({&samples, 1}, options_.name == std::string("sgd") ? 0.5 : 0.01, i);
      losses[amp].push_back(step.sums().by_name.at("loss").sum / 64.0);
    }
    EXPECT_EQ(network_->last->weight.scalar_type(), torch::kFloat32);
    EXPECT_LT(losses[amp].back(), losses[amp].front());
  }
  for (size_t i = 0; i < losses[0].size(); ++i)
    EXPECT_NEAR(losses[1][i], losses[0][i], 0.02 * losses[0][i]) << i;
  EXPECT_NE(losses[0], losses[1]);
}

INSTANTIATE_TEST_SUITE_P(Optimizers, TrainStepTest, testing::Values("sgd", "adamw", "adam"));

}  // namespace
}  // namespace stoker
