// What the loop does with steps whose loss or gradient is not finite, with faults in data and
// validation, and in which order it saves.
#include "trainer/run/train_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "libdata/core/error.h"
#include "tests/temp_folder.h"
#include "trainer/run/checkpoint_folder.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// loss = weight + 2 at every step, so that each step of SGD at rate 1 takes 1 off the weight; but
// for steps that a test makes bad.
class FallingLine : public TrainingTask {
 public:
  FallingLine() {
    weight_ = model_.register_parameter("weight", torch::zeros({1}));
    seen_ = model_.register_buffer("seen", torch::zeros({1}));
  }

  torch::nn::Module& model() override { return model_; }
  std::map<std::string, std::string> model_metadata() const override { return {{"model", "line"}}; }
  std::string data_fingerprint() const override { return "line"; }
  uint64_t steps_per_epoch() const override { return 6; }
  void start_epoch(uint64_t, uint64_t first_step) override { step_ = first_step; }
  int64_t next_batch() override {
    if (step_ + 1 == unreadable) throw Error(ErrorCode::kCorrupt, "a damaged sample");
    ++step_;
    return small_batches.contains(step_) ? 1 : 2;
  }
  int64_t smallest_batch() const override { return 2; }
  torch::Tensor forward_loss(MetricSums& sums) override {
    sums.add("seen", 1.0, 1.0);
    const torch::Tensor loss = (weight_ + 2.0).sum();
    {
      const torch::NoGradGuard no_grad;  // as a batch norm's running mean
      seen_.add_(bad_losses.contains(step_) ? kInfinity : 1.0F);
    }
    if (bad_losses.contains(step_)) return loss * kInfinity;
    // sqrt is 0 with an infinite slope at 0.
    if (bad_gradients.contains(step_)) return loss + (weight_ - weight_.detach()).sqrt().sum();
    return loss;
  }
  bool has_validation() const override { return !validations.empty(); }
  NamedValues evaluate() override {
    ++evaluations;
    if (evaluations == bad_evaluation) throw Error(ErrorCode::kCorrupt, "a damaged volume");
    return {{"val_loss", validation_loss}, {"val_score", validations.at(validated_++)}};
  }
  std::string best_metric() const override { return "val_score"; }

  double weight() const { return weight_.item<double>(); }
  double seen() const { return seen_.item<double>(); }

  std::set<uint64_t> bad_losses;  // steps, from 1
  std::set<uint64_t> bad_gradients;
  std::set<uint64_t> small_batches;  // of one sample
  uint64_t unreadable = 0;           // step whose batch cannot be read; 0: none
  std::vector<double> validations;   // what they give, one after another
  int bad_evaluation = 0;            // which of them fails; 0: none
  int evaluations = 0;
  double validation_loss = 1.0;

 private:
  torch::nn::Module model_;
  torch::Tensor weight_;
  torch::Tensor seen_;
  uint64_t step_ = 0;
  size_t validated_ = 0;
};

class TrainLoopTest : public FolderTest {
 protected:
  TrainOptions options(int64_t max_bad_steps) const {
    TrainOptions options;
    options.model = "resnet18";
    options.data.shards = {"none"};
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

  std::vector<nlohmann::json> lines() const {
    std::ifstream file(folder_ / "metrics.jsonl");
    std::vector<nlohmann::json> all;
    for (std::string line; std::getline(file, line);) {
      all.push_back(nlohmann::json::parse(line));
      for (const char* timing : {"seconds", "samples_per_second", "data_wait_share"})
        all.back().erase(timing);
    }
    return all;
  }
  nlohmann::json epoch_line() const { return lines().back(); }

  // "epoch-00000-step-00000006 ..."
  std::string checkpoints() const {
    std::string names;
    for (const FoundCheckpoint& found : list_checkpoints(folder_))
      names += (names.empty() ? "" : " ") + found.path.filename().string();
    return names;
  }

  double stored_weight(const fs::path& file) const {
    const torch::Tensor value = torch::zeros({1});
    copy_converted(*SafetensorsFile(folder_ / file).table().find("weight"), value);
    return value.item<double>();
  }

  std::string failure(TrainingTask& task, const TrainOptions& with) const {
    try {
      train(task, with, true);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      return error.what();
    }
    return "";
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
  EXPECT_EQ(task.seen(), 3.0);  // running means know nothing of them
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
  EXPECT_THAT(failure(again, strict), HasSubstr("has diverged"));
  EXPECT_EQ(again.weight(), -1.0);
  EXPECT_FALSE(fs::exists(folder_ / "final.safetensors"));
}

TEST_F(TrainLoopTest, ARunThatEndsNotFiniteIsNoSuccess) {
  FallingLine task;
  task.bad_losses = {6};
  EXPECT_THAT(failure(task, options(10)), HasSubstr("ends with a step whose loss"));
  EXPECT_FALSE(fs::exists(folder_ / "final.safetensors"));
}

TEST_F(TrainLoopTest, WeightsThatAreNotFiniteAreNeverSavedAndTheLastGoodOnesStay) {
  FallingLine task;
  TrainOptions one = options(10);
  one.run.save_every = "2";
  one.run.keep_last = 1;
  one.optimizer.lr = one.optimizer.min_lr = 3e38;  // the second step overflows float32
  task.validations = {1.0};
  // Step 1 takes the weight to -3e38, which is finite, and step 2 to -inf.
  EXPECT_THAT(failure(task, one), HasSubstr("'weight' holds values that are not finite"));
  EXPECT_EQ(checkpoints(), "");
  EXPECT_FALSE(fs::exists(folder_ / "best.safetensors"));

  FallingLine slower;
  one.run.save_every = "1";
  EXPECT_THAT(failure(slower, one), HasSubstr("are those of step 1"));
  EXPECT_EQ(checkpoints(), "epoch-00000-step-00000001");
}

TEST_F(TrainLoopTest, ANaNIsNeverTheBest) {
  FallingLine task;
  task.validations = {0.5, std::numeric_limits<double>::quiet_NaN(), kInfinity};
  TrainOptions three = options(10);
  three.run.epochs = 3;
  train(task, three, true);
  EXPECT_EQ(stored_weight("best.safetensors"), -6.0);  // of the first epoch
}

TEST_F(TrainLoopTest, WhereTheValidationLossIsNotFiniteNothingIsTheBest) {
  FallingLine task;
  task.validations = {0.5, 1.0};
  task.validation_loss = kInfinity;
  TrainOptions two = options(10);
  two.run.epochs = 2;
  EXPECT_THAT(failure(task, two), HasSubstr("validation loss is not finite"));
  EXPECT_EQ(task.evaluations, 2);
  EXPECT_FALSE(fs::exists(folder_ / "best.safetensors"));
  EXPECT_FALSE(fs::exists(folder_ / "final.safetensors"));
}

TEST_F(TrainLoopTest, SavesBeforeValidationSoThatAFaultInItCostsNothing) {
  TrainOptions two = options(10);
  two.run.epochs = 2;
  two.run.log_every = 4;
  two.run.auto_resume = true;
  two.optimizer.min_lr = 0.25;  // so that the logged rate tells
  FallingLine whole;
  whole.validations = {0.5, 0.25};
  train(whole, two, true);
  const std::vector<nlohmann::json> expected = lines();
  const double weight = whole.weight();
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_))
    fs::remove_all(entry);

  for (const int bad : {1, 2}) {
    FallingLine broken;
    broken.validations = {0.5, 0.25};
    broken.bad_evaluation = bad;
    EXPECT_THAT(failure(broken, two), HasSubstr("a damaged volume"));
    FallingLine resumed;
    resumed.validations = bad == 1 ? std::vector{0.5, 0.25} : std::vector{0.25};
    train(resumed, two, true);
    EXPECT_EQ(resumed.weight(), weight);
    EXPECT_EQ(resumed.evaluations, bad == 1 ? 2 : 1);
    EXPECT_EQ(lines(), expected);
    EXPECT_EQ(stored_weight("best.safetensors"),
              stored_weight("checkpoints/epoch-00001-step-00000000/model.safetensors"));
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_))
      fs::remove_all(entry);
  }
}

TEST_F(TrainLoopTest, AFaultInValidationIsNoLossBetweenSavesEither) {
  FallingLine task;
  task.validations = {0.5, 0.25};
  task.bad_evaluation = 2;
  TrainOptions rare = options(10);
  rare.run.epochs = 5;
  rare.run.save_every = "5e";
  EXPECT_THAT(failure(task, rare), HasSubstr("a damaged volume"));
  // The first stands because weights were called best.
  EXPECT_EQ(checkpoints(), "epoch-00001-step-00000000 epoch-00001-step-00000006");
}

TEST_F(TrainLoopTest, ABadSampleDoesNotCostTheStepsBeforeIt) {
  FallingLine task;
  task.unreadable = 5;
  TrainOptions resume = options(10);
  resume.run.auto_resume = true;
  EXPECT_THAT(failure(task, resume), HasSubstr("a damaged sample"));
  EXPECT_EQ(checkpoints(), "epoch-00000-step-00000004");
  FallingLine mended;
  train(mended, resume, true);
  EXPECT_EQ(mended.weight(), -6.0);
}

TEST_F(TrainLoopTest, BatchesTooSmallForTheNetworkTeachNothing) {
  FallingLine task;
  task.small_batches = {2, 5};
  train(task, options(10), true);
  EXPECT_EQ(task.weight(), -4.0);
  EXPECT_EQ(epoch_line()["skipped_steps"], 0);
}

TEST_F(TrainLoopTest, MissingBestWeightsComeBackOrAreForgotten) {
  TrainOptions two = options(10);
  two.run.epochs = 2;
  two.run.auto_resume = true;
  for (const bool of_last_checkpoint : {true, false}) {
    FallingLine task;
    task.validations = of_last_checkpoint ? std::vector{0.25, 0.5} : std::vector{0.5, 0.25};
    train(task, two, true);
    fs::remove(folder_ / "best.safetensors");
    FallingLine resumed;
    train(resumed, two, true);
    EXPECT_EQ(fs::exists(folder_ / "best.safetensors"), of_last_checkpoint);
    if (of_last_checkpoint) {
      EXPECT_EQ(stored_weight("best.safetensors"), -12.0);
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_))
      fs::remove_all(entry);
  }
}

}  // namespace
}  // namespace stoker
