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

// What a test makes happen at which step of an epoch, from 1, and what is seen of it.
struct Script {
  std::set<uint64_t> bad_losses;
  std::set<uint64_t> bad_gradients;
  std::set<uint64_t> small_batches;  // of one sample
  uint64_t later_batch = 2;          // samples of a batch after the first epoch
  uint64_t unreadable = 0;           // step whose batch cannot be read; 0: none
  uint64_t unreadable_in = 0;        // the epoch, from 0, of that step
  std::vector<double> validations;   // what they give, one after another
  int bad_evaluation = 0;            // which of them fails; 0: none
  int evaluations = 0;
  double validation_loss = 1.0;
  std::vector<double> validation_losses;  // where they differ
};

class LineNetwork : public torch::nn::Module {
 public:
  explicit LineNetwork(const Script& script) : script_(script) {
    weight_ = register_parameter("weight", torch::zeros({1}));
    seen_ = register_buffer("seen", torch::zeros({1}));
  }

  torch::Tensor forward(torch::Tensor step_number) {
    const auto step = static_cast<uint64_t>(step_number.item<double>());
    const torch::Tensor loss = weight_ + 2.0;
    {
      const torch::NoGradGuard no_grad;  // as a batch norm's running mean
      seen_.add_(script_.bad_losses.contains(step) ? kInfinity : 1.0F);
    }
    if (script_.bad_losses.contains(step)) return loss * kInfinity;
    // sqrt is 0 with an infinite slope at 0.
    if (script_.bad_gradients.contains(step)) return loss + (weight_ - weight_.detach()).sqrt();
    return loss;
  }

  torch::Tensor weight_;
  torch::Tensor seen_;

 private:
  const Script& script_;
};

class LineFeed : public BatchFeed {
 public:
  explicit LineFeed(const Script& script) : script_(script) {}

  // Epochs of 12 samples.
  uint64_t batches_from(uint64_t epoch, uint64_t position) const override {
    return (12 - position) / batch_samples(epoch);
  }
  void start_epoch(uint64_t epoch, uint64_t position) override {
    epoch_ = epoch;
    batch_samples_ = batch_samples(epoch);
    step_ = position / batch_samples_;
  }
  DeviceBatch next() override {
    if (step_ + 1 == script_.unreadable && epoch_ == script_.unreadable_in)
      throw Error(ErrorCode::kCorrupt, "a damaged sample");
    ++step_;
    DeviceBatch batch;
    batch.input = torch::full({}, static_cast<double>(step_));
    batch.samples =
        script_.small_batches.contains(step_) ? 1 : static_cast<int64_t>(batch_samples_);
    batch.position_after = batch_samples_ * step_;
    return batch;
  }

 private:
  uint64_t batch_samples(uint64_t epoch) const { return epoch == 0 ? 2 : script_.later_batch; }

  const Script& script_;
  uint64_t epoch_ = 0;
  uint64_t batch_samples_ = 2;
  uint64_t step_ = 0;
};

// The output itself, and a figure that is as bad as it.
class LineObjective : public Objective {
 public:
  std::vector<LossTerm> terms() const override { return {{"", 1.0}, {"seen", 0.0}}; }
  std::vector<torch::Tensor> weights(const DeviceBatch&) const override {
    return {torch::ones({}), torch::ones({})};
  }
  std::vector<torch::Tensor> sums(const torch::Tensor& outputs, const DeviceBatch&) const override {
    return {outputs.sum(), torch::where(torch::isfinite(outputs), 1.0F, kInfinity).sum()};
  }
};

class LineEvaluator : public Evaluator {
 public:
  explicit LineEvaluator(Script& script) : script_(script) {}

  EvaluationSums evaluate() override {
    if (++script_.evaluations == script_.bad_evaluation)
      throw Error(ErrorCode::kCorrupt, "a damaged volume");
    EvaluationSums sums;
    sums.add("loss", script_.validation_losses.empty() ? script_.validation_loss
                                                       : script_.validation_losses.at(validated_));
    sums.add("score", script_.validations.at(validated_++));
    return sums;
  }
  NamedValues finish(const EvaluationSums& sums) const override {
    return {{"val_loss", sums.value("loss")}, {"val_score", sums.value("score")}};
  }
  std::vector<BestMetric> best_metrics() const override {
    return {{"val_score"}, {"val_loss", /*less_is_better=*/true}};
  }

 private:
  Script& script_;
  size_t validated_ = 0;
};

// loss = weight + 2 at every step, so that each step of SGD at rate 1 takes 1 off the weight; but
// for steps that a test makes bad.
class FallingLine : public Script {
 public:
  // To be asked for once the script is written.
  Task& task() {
    task_.network = torch::nn::AnyModule(network_);
    task_.metadata = {{"model", "line"}};
    task_.data_fingerprint = "line";
    task_.feed = std::make_unique<LineFeed>(*this);
    task_.objective = std::make_unique<LineObjective>();
    if (!validations.empty()) task_.evaluator = std::make_unique<LineEvaluator>(*this);
    task_.smallest_batch = [](uint64_t epoch) { return epoch == 0 ? int64_t{2} : int64_t{1}; };
    return task_;
  }

  double weight() const { return network_->weight_.item<double>(); }
  double seen() const { return network_->seen_.item<double>(); }

 private:
  std::shared_ptr<LineNetwork> network_ = std::make_shared<LineNetwork>(*this);
  Task task_;
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
      for (const char* timing :
           {"seconds", "val_seconds", "samples_per_second", "data_wait_share", "memory_bytes"})
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

  std::string failure(FallingLine& line, const TrainOptions& with) const {
    try {
      train(line.task(), with, true);
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
  train(task.task(), options(10), /*quiet=*/true);
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
  EXPECT_NO_THROW(train(task.task(), options(3), true));
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
  train(task.task(), three, true);
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

TEST_F(TrainLoopTest, TheBestMayBeThatOfTheLeastLoss) {
  FallingLine task;
  task.validations = {0.1, 0.2, 0.9};
  task.validation_losses = {1.0, 0.5, 0.75};
  TrainOptions three = options(10);
  three.run.epochs = 3;
  three.validation.best_metric = "loss";
  train(task.task(), three, true);
  EXPECT_EQ(stored_weight("best.safetensors"), -12.0);  // of the second epoch
  const auto refusal = [&] {
    TrainOptions wrong = options(10);
    wrong.validation.best_metric = "top1";
    train(task.task(), wrong, true);
  };
  EXPECT_THROW(refusal(), Error);
}

TEST_F(TrainLoopTest, ATargetIsReachedByTheSameValue) {
  FallingLine task;
  task.validations = {0.9, 0.9, 0.9};
  task.validation_losses = {1.0, 0.5, 0.25};
  TrainOptions three = options(10);
  three.run.epochs = 3;
  three.run.target_accuracy = 0.5;
  three.validation.best_metric = "loss";
  train(task.task(), three, true);
  EXPECT_EQ(task.evaluations, 2);
  EXPECT_EQ(task.weight(), -12.0);
}

TEST_F(TrainLoopTest, ARunThatGoesOnByAnotherMetricFindsItsBestAnew) {
  for (const bool changes : {false, true}) {
    TrainOptions more = options(10);
    more.run.auto_resume = true;
    FallingLine first;
    first.validations = {0.9};
    train(first.task(), more, true);
    FallingLine second;
    second.validations = {0.1};
    second.validation_loss = 5.0;
    more.run.epochs = 2;
    if (changes) more.validation.best_metric = "val_loss";
    train(second.task(), more, true);
    EXPECT_EQ(stored_weight("best.safetensors"), changes ? -12.0 : -6.0);
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_))
      fs::remove_all(entry);
  }
}

TEST_F(TrainLoopTest, SavesBeforeValidationSoThatAFaultInItCostsNothing) {
  TrainOptions two = options(10);
  two.run.epochs = 2;
  two.run.log_every = 4;
  two.run.auto_resume = true;
  two.optimizer.min_lr = 0.25;  // so that the logged rate tells
  FallingLine whole;
  whole.validations = {0.5, 0.25};
  train(whole.task(), two, true);
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
    train(resumed.task(), two, true);
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
  train(mended.task(), resume, true);
  EXPECT_EQ(mended.weight(), -6.0);
}

TEST_F(TrainLoopTest, BatchesTooSmallForTheNetworkTeachNothing) {
  FallingLine task;
  task.small_batches = {2, 5};
  train(task.task(), options(10), true);
  EXPECT_EQ(task.weight(), -4.0);
  EXPECT_EQ(epoch_line()["skipped_steps"], 0);
}

TEST_F(TrainLoopTest, AStepOfSeveralBatchesCountsOnceAndTheTailIsAShorterOne) {
  FallingLine task;
  TrainOptions four = options(10);
  four.step.accumulate_grad_batches = 4;
  four.run.epochs = 2;
  train(task.task(), four, true);
  EXPECT_EQ(task.weight(), -4.0);  // of six batches, four and two; twice
  EXPECT_EQ(task.seen(), 12.0);
  EXPECT_EQ(epoch_line()["step"], 4);
  EXPECT_EQ(epoch_line()["train_loss"], (8 * 0.0 + 4 * -1.0) / 12);  // 2 - 2 and 2 - 3, by samples
}

// Epochs of 6, 3 and 3 steps: batches of 2 samples, then of 4. The rate falls in a straight line
// from 1 to 0 over the 12 steps of the run.
TEST_F(TrainLoopTest, EpochsOfOtherBatchesHaveOtherNumbersOfSteps) {
  TrainOptions phases = options(10);
  phases.run.epochs = 3;
  phases.run.log_every = 1;
  phases.data.progressive_resize = "8x2@0,16x4@1";
  phases.schedule.name = "linear";
  phases.optimizer.min_lr = 0.0;
  FallingLine task;
  task.later_batch = 4;
  train(task.task(), phases, true);
  EXPECT_EQ(task.seen(), 12.0);
  EXPECT_NEAR(task.weight(), -78.0 / 12.0, 1e-5);  // 12/12 + 11/12 + ... + 1/12
  std::vector<uint64_t> epochs;
  double step = 0.0;
  for (const nlohmann::json& line : lines()) {
    if (line["event"] == "epoch") epochs.push_back(line["step"]);
    if (line["event"] != "step") continue;
    EXPECT_NEAR(line["lr"].get<double>(), 1.0 - step / 12.0, 1e-12);
    ++step;
  }
  EXPECT_EQ(epochs, (std::vector<uint64_t>{6, 9, 12}));
}

TEST_F(TrainLoopTest, AnEpochOfOtherBatchesGoesOnWhereItWasBroken) {
  TrainOptions phases = options(10);
  phases.run.epochs = 3;
  phases.run.log_every = 1;
  phases.run.auto_resume = true;
  phases.data.progressive_resize = "8x2@0,16x4@1";
  phases.schedule.name = "linear";
  phases.optimizer.min_lr = 0.0;
  phases.step.accumulate_grad_batches =
      2;  // epochs of 3, 2 and 2 steps, whose last is of one batch
  FallingLine whole;
  whole.later_batch = 4;
  train(whole.task(), phases, true);
  const std::vector<nlohmann::json> expected = lines();
  EXPECT_EQ(epoch_line()["step"], 7);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_))
    fs::remove_all(entry);

  FallingLine broken;
  broken.later_batch = 4;
  broken.unreadable = 4;  // in the second step of the first epoch
  EXPECT_THAT(failure(broken, phases), HasSubstr("a damaged sample"));
  EXPECT_EQ(checkpoints(), "epoch-00000-step-00000001");
  FallingLine again;
  again.later_batch = 4;
  again.unreadable = 3;  // the second step of the second epoch
  again.unreadable_in = 1;
  EXPECT_THAT(failure(again, phases), HasSubstr("a damaged sample"));
  EXPECT_EQ(checkpoints(), "epoch-00001-step-00000000 epoch-00001-step-00000001");
  FallingLine resumed;
  resumed.later_batch = 4;
  train(resumed.task(), phases, true);
  EXPECT_EQ(resumed.weight(), whole.weight());
  EXPECT_EQ(resumed.seen(), whole.seen());
  EXPECT_EQ(lines(), expected);
}

// The smallest batch is 2 in the first epoch and 1 in the second.
TEST_F(TrainLoopTest, HowSmallABatchMayBeIsThatOfItsEpoch) {
  FallingLine task;
  task.small_batches = {3};
  TrainOptions two = options(10);
  two.run.epochs = 2;
  train(task.task(), two, true);
  EXPECT_EQ(task.weight(), -11.0);
}

TEST_F(TrainLoopTest, AnEpochOfSuchStepsGoesOnWhereItWasBroken) {
  TrainOptions four = options(10);
  four.step.accumulate_grad_batches = 4;
  four.run.auto_resume = true;
  FallingLine broken;
  broken.unreadable = 6;  // the second batch of the second step
  EXPECT_THAT(failure(broken, four), HasSubstr("a damaged sample"));
  EXPECT_EQ(checkpoints(), "epoch-00000-step-00000001");
  FallingLine resumed;
  train(resumed.task(), four, true);
  EXPECT_EQ(resumed.weight(), -2.0);
  EXPECT_EQ(resumed.seen(), 6.0);  // each batch once
}

TEST_F(TrainLoopTest, WithAnAverageItIsWhatIsValidatedAndWritten) {
  FallingLine task;
  task.validations = {1.0};
  TrainOptions averaged = options(10);
  averaged.regularization.use_ema = true;
  averaged.regularization.ema_decay = 0.9;
  train(task.task(), averaged, true);
  double expected = 0.0;
  for (int n = 0; n < 6; ++n) {
    const double decay = (1.0 + n) / (10.0 + n);
    expected = decay * expected + (1.0 - decay) * -(n + 1.0);
  }
  EXPECT_NEAR(stored_weight("final.safetensors"), expected, 1e-5);
  EXPECT_NEAR(stored_weight("best.safetensors"), expected, 1e-5);
  EXPECT_EQ(stored_weight("final_raw.safetensors"), -6.0);
  EXPECT_EQ(task.weight(), -6.0);
  const auto metadata = SafetensorsFile(folder_ / "final.safetensors").table().metadata;
  EXPECT_EQ(metadata.at("weights"), "average over steps, decay 0.9");
}

TEST_F(TrainLoopTest, TheAverageGoesOnFromACheckpoint) {
  TrainOptions averaged = options(10);
  averaged.regularization.use_ema = true;
  averaged.run.auto_resume = true;
  FallingLine broken;
  broken.unreadable = 4;
  EXPECT_THAT(failure(broken, averaged), HasSubstr("a damaged sample"));
  FallingLine resumed;
  train(resumed.task(), averaged, true);
  const double end = stored_weight("final.safetensors");
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_))
    fs::remove_all(entry);
  FallingLine whole;
  train(whole.task(), averaged, true);
  EXPECT_EQ(stored_weight("final.safetensors"), end);
  EXPECT_NE(end, -6.0);
}

TEST_F(TrainLoopTest, MissingBestWeightsComeBackOrAreForgotten) {
  TrainOptions two = options(10);
  two.run.epochs = 2;
  two.run.auto_resume = true;
  for (const bool of_last_checkpoint : {true, false}) {
    FallingLine task;
    task.validations = of_last_checkpoint ? std::vector{0.25, 0.5} : std::vector{0.5, 0.25};
    train(task.task(), two, true);
    fs::remove(folder_ / "best.safetensors");
    FallingLine resumed;
    train(resumed.task(), two, true);
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
