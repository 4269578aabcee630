// What the loop does with steps whose loss or gradient is not finite.
#include "trainer/train_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "libdata/core/error.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// loss = weight + 2 at every step, so that each step of SGD at rate 1 takes 1 off the weight; but
// for steps that a test makes bad.
class FallingLine : public TrainingTask {
 public:
  FallingLine() { weight_ = model_.register_parameter("weight", torch::zeros({1})); }

  torch::nn::Module& model() override { return model_; }
  std::map<std::string, std::string> model_metadata() const override { return {}; }
  std::string data_fingerprint() const override { return "line"; }
  uint64_t steps_per_epoch() const override { return 6; }
  void start_epoch(uint64_t, uint64_t first_step) override { step_ = first_step; }
  int64_t next_batch() override {
    ++step_;
    return 1;
  }
  torch::Tensor forward_loss(MetricSums& sums) override {
    sums.add("seen", 1.0, 1.0);
    const torch::Tensor loss = (weight_ + 2.0).sum();
    if (bad_losses.contains(step_)) return loss * kInfinity;
    // sqrt is 0 with an infinite slope at 0.
    if (bad_gradients.contains(step_)) return loss + (weight_ - weight_.detach()).sqrt().sum();
    return loss;
  }
  bool has_validation() const override { return false; }
  NamedValues evaluate() override { return {}; }
  std::string best_metric() const override { return ""; }

  double weight() const { return weight_.item<double>(); }

  std::set<uint64_t> bad_losses;  // steps, from 1
  std::set<uint64_t> bad_gradients;

 private:
  torch::nn::Module model_;
  torch::Tensor weight_;
  uint64_t step_ = 0;
};

class TrainLoopTest : public FolderTest {
 protected:
  TrainOptions options(int64_t max_bad_steps) const {
    TrainOptions options;
    options.model = "resnet18";
    options.data.shards = "none";
    options.optimizer.name = "sgd";
    options.optimizer.lr = 1.0;
    options.optimizer.min_lr = 1.0;
    options.optimizer.momentum = 0.0;
    options.optimizer.clip_grad_norm = 0.0;
    options.run.output_dir = folder_.string();
    options.run.epochs = 1;
    options.run.max_bad_steps = max_bad_steps;
    return options;
  }

  nlohmann::json epoch_line() const {
    std::ifstream lines(folder_ / "metrics.jsonl");
    nlohmann::json last;
    for (std::string line; std::getline(lines, line);)
      last = nlohmann::json::parse(line);
    return last;
  }
};

TEST_F(TrainLoopTest, LeavesOutStepsThatAreNotFinite) {
  FallingLine task;
  task.bad_losses = {2};
  task.bad_gradients = {4, 5};
  train(task, options(10), /*quiet=*/true);
  EXPECT_EQ(task.weight(), -3.0);  // of six steps, three
  const nlohmann::json line = epoch_line();
  EXPECT_EQ(line["skipped_steps"], 3);
  EXPECT_EQ(line["train_loss"], 1.0);  // the mean of 2, 1 and 0
  EXPECT_EQ(line["train_seen"], 1.0);
}

TEST_F(TrainLoopTest, EndsAfterTooManyOfThemInARow) {
  FallingLine task;
  task.bad_losses = {2, 4};
  task.bad_gradients = {3};
  EXPECT_NO_THROW(train(task, options(3), true));
  FallingLine again;
  again.bad_losses = {2, 4};
  again.bad_gradients = {3};
  TrainOptions strict = options(2);
  strict.run.force = true;
  EXPECT_THROW(train(again, strict, true), Error);
  EXPECT_EQ(again.weight(), -1.0);
}

}  // namespace
}  // namespace stoker
