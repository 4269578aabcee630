// How the loop cuts epochs into steps, goes on in the middle of one, and keeps averages of weights.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/trainer/run/falling_line.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

using TrainLoopStepsTest = FallingLineTest;

TEST_F(TrainLoopStepsTest, BatchesTooSmallForTheNetworkTeachNothing) {
  FallingLine task;
  task.small_batches = {2, 5};
  train(task.task(), options(10), true);
  EXPECT_EQ(task.weight(), -4.0);
  EXPECT_EQ(epoch_line()["skipped_steps"], 0);
}

TEST_F(TrainLoopStepsTest, AStepOfSeveralBatchesCountsOnceAndTheTailIsAShorterOne) {
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
TEST_F(TrainLoopStepsTest, EpochsOfOtherBatchesHaveOtherNumbersOfSteps) {
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

TEST_F(TrainLoopStepsTest, AnEpochOfOtherBatchesGoesOnWhereItWasBroken) {
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
TEST_F(TrainLoopStepsTest, HowSmallABatchMayBeIsThatOfItsEpoch) {
  FallingLine task;
  task.small_batches = {3};
  TrainOptions two = options(10);
  two.run.epochs = 2;
  train(task.task(), two, true);
  EXPECT_EQ(task.weight(), -11.0);
}

TEST_F(TrainLoopStepsTest, AnEpochOfSuchStepsGoesOnWhereItWasBroken) {
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

TEST_F(TrainLoopStepsTest, WithAnAverageItIsWhatIsValidatedAndWritten) {
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

TEST_F(TrainLoopStepsTest, TheAverageGoesOnFromACheckpoint) {
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

TEST_F(TrainLoopStepsTest, MissingBestWeightsComeBackOrAreForgotten) {
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
