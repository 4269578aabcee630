#include "trainer/options/train_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "libdata/core/error.h"
#include "trainer/options/class_weights.h"
#include "trainer/options/duration.h"

namespace stoker {
namespace {

TrainOptions parse(const std::string& arguments, const std::string& model = "resnet18") {
  TrainOptions options;
  CLI::App app("test");
  declare_train_options(app, options);
  app.parse("--shards S --output-dir O --model " + model + " " + arguments);
  settle_options(options);
  return options;
}

TrainOptions parse_volumes(const std::string& arguments) {
  return parse(arguments, "unet3d");
}

TEST(TrainOptions, LearningRateFollowsTheBatchSize) {
  EXPECT_DOUBLE_EQ(parse("--batch-size 512").optimizer.lr, 0.2);
  EXPECT_DOUBLE_EQ(parse("--batch-size 512 --lr 0.3").optimizer.lr, 0.3);
  EXPECT_DOUBLE_EQ(parse("--optimizer adamw").optimizer.lr, 1e-3);
}

TEST(TrainOptions, NamesThatUsersOfOtherTrainersTypeAreTheSameFlags) {
  const TrainOptions options = parse(
      "--gradient-clip 1.5 --print-freq 100 --checkpoint-freq 2 --resume-latest "
      "--val-data V --save-best-only");
  EXPECT_EQ(options.optimizer.clip_grad_norm, 1.5);
  EXPECT_EQ(options.run.log_every, 100);
  EXPECT_EQ(options.run.save_every, "2e");
  EXPECT_TRUE(options.run.auto_resume);
  EXPECT_EQ(options.run.keep_last, 1);
  EXPECT_EQ(options.data.val_shards, std::vector<std::string>{"V"});
  EXPECT_FALSE(parse("--no-auto-resume --force").run.auto_resume);
  EXPECT_EQ(parse("--checkpoint-interval 500u").run.save_every, "500u");
  EXPECT_EQ(parse("--save-every 5").run.save_every, "5");
}

TEST(TrainOptions, TheOutputFolderFollowsFromWhatIsNamed) {
  const auto settled = [](const std::string& arguments) {
    TrainOptions options;
    CLI::App app("test");
    declare_train_options(app, options);
    app.parse("--data S " + arguments);
    settle_options(options);
    return options.run;
  };
  EXPECT_EQ(settled("--checkpoint-dir C --log-dir L").output_dir, "C");
  EXPECT_EQ(settled("--checkpoint-dir C --log-dir L").log_dir, "L");
  EXPECT_EQ(settled("--checkpoint-dir C --output-dir O").output_dir, "O");
  EXPECT_EQ(settled("--output-dir O").checkpoint_dir, "O");
  EXPECT_EQ(settled("--resume /runs/a/checkpoints/epoch-00003-step-00000000/").output_dir,
            "/runs/a");
  EXPECT_EQ(settled("--resume /runs/a").output_dir, "/runs/a");
  EXPECT_EQ(settled("--output-dir O --resume").resume, kNewest);
  EXPECT_EQ(settled("--dry-run").output_dir, "");
  EXPECT_THROW(settled(""), Error);
  EXPECT_THROW(settled("--resume"), Error);
}

TEST(TrainOptions, ATargetIsAShareOrPercent) {
  EXPECT_DOUBLE_EQ(parse("--target-accuracy 78").run.target_accuracy, 0.78);
  EXPECT_DOUBLE_EQ(parse("--target-accuracy 0.78").run.target_accuracy, 0.78);
  EXPECT_DOUBLE_EQ(parse("--target-accuracy 1").run.target_accuracy, 1.0);
  EXPECT_DOUBLE_EQ(parse("").run.target_accuracy, 0.0);
  EXPECT_DOUBLE_EQ(parse("--target-accuracy 1.5 --best-metric loss").run.target_accuracy, 1.5);
  EXPECT_ANY_THROW(parse("--target-accuracy 101"));
  EXPECT_ANY_THROW(parse("--target-accuracy nan"));
}

TEST(TrainOptions, ReadsDurations) {
  const auto expect = [](const char* text, uint64_t seconds) {
    EXPECT_EQ(parse_duration(text), seconds) << text;
  };
  expect("3h", 10800);
  expect("90m", 5400);
  expect("45s", 45);
  expect("1h30m", 5400);
  expect("2d", 172800);
  expect("3:30:00", 12600);
  expect("2-12:00:00", 216000);
  for (const char* bad :
       {"", "90", "h", "0s", "1x", "30m1h", "1:60:00", "1:00", "-1h", "1.5h", "99999999999h"}) {
    EXPECT_THROW(parse_duration(bad), Error) << bad;
  }
}

TEST(TrainOptions, ReadsListsOfNumbers) {
  const TrainOptions options = parse("--mean 0.1,0.2,0.3 --std 1,2,3");
  EXPECT_EQ(options.data.mean, (std::vector<double>{0.1, 0.2, 0.3}));
  EXPECT_EQ(options.data.std, (std::vector<double>{1, 2, 3}));
}

TEST(TrainOptions, RejectsWhatDoesNotGoTogether) {
  EXPECT_THROW(parse("--mean 0.5"), Error);
  EXPECT_THROW(parse("--mean 0.5 --std 0"), Error);
  EXPECT_THROW(parse("--lr 0.1 --min-lr 0.2"), Error);
  EXPECT_THROW(parse("--epochs 2 --warmup-epochs 3"), Error);
  EXPECT_THROW(parse("--save-every 0e"), Error);
  EXPECT_THROW(parse("--force --auto-resume"), Error);
  EXPECT_THROW(parse("--force --resume"), Error);
  EXPECT_THROW(parse("--auto-resume --resume runs/a"), Error);
  EXPECT_THROW(parse("--save-best-only --keep-last 3"), CLI::ParseError);
  EXPECT_THROW(parse("--save-every 2 --checkpoint-interval 2"), CLI::ParseError);
  EXPECT_THROW(parse("--dry-run --preflight"), Error);
  EXPECT_THROW(parse("--json report.json"), Error);
  EXPECT_THROW(parse("--no-such-flag"), CLI::ParseError);
  EXPECT_THROW(parse("--batch-size 0"), CLI::ParseError);
}

TEST(TrainOptions, NumbersThatAreNoneAreRefusedWithEveryFlag) {
  const std::string adamw = "--optimizer adamw ";
  for (const std::string bad : {"nan", "-nan", "inf", "-inf", "-1", "x"}) {
    for (const std::string flag :
         {"--lr", "--min-lr", "--warmup-epochs", "--momentum", "--weight-decay", "--clip-grad-norm",
          "--label-smoothing", "--min-scale", "--flip", "--epochs", "--batch-size", "--crop",
          "--val-resize", "--keep-last", "--eval-every", "--limit-batches", "--log-every",
          "--max-bad-steps"}) {
      EXPECT_ANY_THROW(parse(flag + " " + bad)) << flag << " " << bad;
    }
    for (const std::string flag : {"--beta1", "--beta2", "--epsilon"})
      EXPECT_ANY_THROW(parse(adamw + flag + " " + bad)) << flag << " " << bad;
    EXPECT_ANY_THROW(parse("--mean 0.5 --std " + bad)) << bad;
    if (bad != "-1") {
      EXPECT_ANY_THROW(parse("--std 0.5 --mean " + bad)) << bad;
    }
    for (const std::string flag :
         {"--base", "--depth", "--patches-per-volume", "--surface-share", "--intensity-jitter",
          "--ce-weight", "--dice-weight", "--cldice-weight", "--cldice-iterations",
          "--boundary-weight", "--overlap", "--threshold"}) {
      EXPECT_ANY_THROW(parse_volumes(flag + " " + bad)) << flag << " " << bad;
    }
    EXPECT_ANY_THROW(parse_volumes("--class-weights 1," + bad)) << bad;
    EXPECT_ANY_THROW(parse("--class-weights 1,2," + bad)) << bad;
  }
  EXPECT_THROW(parse(adamw + "--epsilon 0"), Error);
  EXPECT_THROW(parse("--mean 0.5 --std 1e-300"), Error);
}

TEST(TrainOptions, ClassWeightsAreNumbersOrBalanced) {
  EXPECT_EQ(class_weights_text(parse("--class-weights 1,2.50,0").class_weights), "1,2.5,0");
  EXPECT_EQ(class_weights_text(parse("--class-weights balanced").class_weights), "balanced");
  EXPECT_THROW(parse("--class-weights balanced,1"), Error);
  EXPECT_THROW(parse("--class-weights equal"), Error);
  EXPECT_THROW(parse("--class-weights 0,0"), Error);
  EXPECT_THROW(parse("--class-weights 1e7,1"), Error);
  EXPECT_THROW(parse("--class-weights 1x,1"), Error);
}

TEST(TrainOptions, ClassWeightsAreOneAClass) {
  const std::vector<std::string> names{"cat", "dog", "eel", "owl"};
  EXPECT_EQ(class_weights_of({"1", "0.5", "2", "0"}, names, {}),
            (std::vector<double>{1.0, 0.5, 2.0, 0.0}));
  // As compute_class_weight("balanced") of labels with these counts: 12 samples, 3 classes.
  const std::vector<uint64_t> counts{2, 6, 4, 0};
  EXPECT_EQ(class_weights_of({"balanced"}, names, counts),
            (std::vector<double>{2.0, 12.0 / 18.0, 1.0, 0.0}));
  try {
    class_weights_of({"1", "2"}, names, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_STREQ(
        error.what(),
        "--class-weights has 2 weights; expected one for each of 4 classes: cat, dog, eel, "
        "owl");
  }
}

TEST(TrainOptions, FlagsOfAnotherModelAreRefused) {
  const auto refusal = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const CLI::ParseError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal([] { parse("--base 7"); }),
              ::testing::HasSubstr("--base: belongs to --model unet3d"));
  EXPECT_THAT(refusal([] { parse("--turns yx"); }), ::testing::HasSubstr("--turns: belongs to"));
  EXPECT_THAT(refusal([] { parse("--threshold 0.3"); }),
              ::testing::HasSubstr("--threshold: belongs to --model unet3d"));
  EXPECT_THAT(refusal([] { parse_volumes("--mean 0.5 --std 0.5"); }),
              ::testing::HasSubstr("--mean: belongs to the models of images"));
  EXPECT_THAT(refusal([] { parse("--beta1 0.5"); }),
              ::testing::HasSubstr("--beta1: belongs to --optimizer adamw"));
  EXPECT_THAT(refusal([] { parse_volumes("--nesterov"); }),
              ::testing::HasSubstr("--nesterov: belongs to --optimizer sgd"));
  EXPECT_THAT(refusal([] { parse("--blurpool", "densenet121"); }),
              ::testing::HasSubstr("--blurpool: belongs to the ResNets"));
  EXPECT_THAT(refusal([] { parse_volumes("--blurpool"); }),
              ::testing::HasSubstr("--blurpool: belongs to the ResNets"));
  EXPECT_EQ(refusal([] { parse("--optimizer adamw --beta1 0.5 --channels 1 --flip 0"); }), "");
  EXPECT_EQ(refusal([] { parse_volumes("--optimizer sgd --momentum 0.5 --base 8 --flip 0"); }), "");
}

std::string values_of(const TrainOptions& options) {
  std::string text;
  for (const auto& [flag, value] : result_options(options))
    text += flag + " " + value + "; ";
  return text;
}

TEST(TrainOptions, SchedulersOwnTheirFlags) {
  EXPECT_THROW(parse("--step-size 3"), CLI::ParseError);
  EXPECT_THROW(parse("--scheduler poly --gamma 0.5"), CLI::ParseError);
  EXPECT_THROW(parse("--scheduler step --poly-power 2"), CLI::ParseError);
  EXPECT_THROW(parse("--scheduler constant --min-lr 0.01"), CLI::ParseError);
  EXPECT_THROW(parse("--scheduler none"), CLI::ParseError);
  EXPECT_THROW(parse("--scheduler step --step-size 0"), CLI::ParseError);
  EXPECT_ANY_THROW(parse("--scheduler step --gamma nan"));
  EXPECT_ANY_THROW(parse("--scheduler poly --poly-power nan"));
  EXPECT_THAT(values_of(parse("--scheduler step --step-size 3")),
              ::testing::HasSubstr("--scheduler step; --step-size 3; --gamma 0.1; "));
}

TEST(TrainOptions, WhatIsOffLeavesOldCheckpointsTheirOptions) {
  const std::string values = values_of(parse(""));
  for (const char* flag : {"--scheduler", "--mixup", "--cutmix", "--ema", "--accumulate",
                           "--class-weights", "--blurpool"})
    EXPECT_THAT(values, ::testing::Not(::testing::HasSubstr(flag)));
}

TEST(TrainOptions, BlursShapeTheResultAndCheckpointingDoesNot) {
  for (const char* model : {"resnet18", "densenet121", "unet3d"}) {
    const TrainOptions options = parse("--gradient-checkpointing", model);
    EXPECT_TRUE(options.network.gradient_checkpointing);
    EXPECT_EQ(values_of(options), values_of(parse("", model)));
  }
  EXPECT_FALSE(parse("").network.blurpool);
  EXPECT_THAT(values_of(parse("--blurpool")), ::testing::HasSubstr("--blurpool 1; "));
}

TEST(TrainOptions, CutmixSharesBatchesWithMixup) {
  EXPECT_EQ(parse("--mixup-alpha 0.2 --cutmix-alpha 1").regularization.cutmix_prob, 0.5);
  EXPECT_EQ(parse("--cutmix-alpha 1").regularization.cutmix_prob, 1.0);
  EXPECT_EQ(parse("--cutmix-prob 0.3").regularization.cutmix_alpha, 1.0);
  EXPECT_FALSE(parse("--cutmix-alpha 1 --cutmix-prob 0").regularization.mixes());
  for (const char* flag : {"--mixup-alpha", "--cutmix-alpha", "--cutmix-prob", "--ema-decay"}) {
    EXPECT_ANY_THROW(parse(std::string("--use-ema ") + flag + " nan"));
    EXPECT_ANY_THROW(parse(std::string("--use-ema ") + flag + " -1"));
  }
  EXPECT_THROW(parse_volumes("--mixup-alpha 0.2"), CLI::ParseError);
  EXPECT_THROW(parse_volumes("--cutmix-prob 0.2"), CLI::ParseError);
  EXPECT_THROW(parse("--ema-decay 0.9"), CLI::ParseError);
}

TEST(TrainOptions, TheLearningRateFollowsTheSamplesOfAStep) {
  EXPECT_DOUBLE_EQ(parse("--batch-size 128 --accumulate-grad-batches 4").optimizer.lr, 0.2);
  EXPECT_DOUBLE_EQ(parse("--batch-size 128 --accumulate-grad 4").optimizer.lr, 0.2);
  EXPECT_THROW(parse("--accumulate-grad 0"), CLI::ParseError);
}

TEST(TrainOptions, PeriodsAreEpochsUpdatesOrTime) {
  const auto expect = [](const char* text, uint64_t count, Period::Unit unit) {
    EXPECT_EQ(parse_period(text).count, count) << text;
    EXPECT_EQ(parse_period(text).unit, unit) << text;
  };
  expect("2e", 2, Period::Unit::kEpochs);
  expect("500", 500, Period::Unit::kSteps);
  expect("500s", 500, Period::Unit::kSteps);
  expect("500u", 500, Period::Unit::kSteps);
  expect("10m", 600, Period::Unit::kSeconds);
  expect("2h", 7200, Period::Unit::kSeconds);
  for (const char* bad : {"", "e", "0", "0m", "-1", "5x", "1.5e", "1e1", "18446744073709551615h"}) {
    EXPECT_THROW(parse_period(bad), Error) << bad;
  }
}

}  // namespace
}  // namespace stoker
