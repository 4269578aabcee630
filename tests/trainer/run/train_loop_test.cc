// What the loop does with steps whose loss or gradient is not finite, with faults in data and
// validation, and in which order it saves.
#include "trainer/run/train_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/trainer/run/falling_line.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

using TrainLoopTest = FallingLineTest;

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

}  // namespace
}  // namespace stoker
