#include "trainer/train_options.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "libdata/core/error.h"

namespace stoker {
namespace {

TrainOptions parse(const std::string& arguments) {
  TrainOptions options;
  CLI::App app("test");
  declare_train_options(app, options);
  app.parse("--shards S --output-dir O --model resnet18 " + arguments);
  settle_options(options);
  return options;
}

TEST(TrainOptions, LearningRateFollowsTheBatchSize) {
  EXPECT_DOUBLE_EQ(parse("--batch-size 512").optimizer.lr, 0.2);
  EXPECT_DOUBLE_EQ(parse("--batch-size 512 --lr 0.3").optimizer.lr, 0.3);
  EXPECT_DOUBLE_EQ(parse("--optimizer adamw").optimizer.lr, 1e-3);
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
  EXPECT_THROW(parse("--force --auto-resume"), CLI::ParseError);
  EXPECT_THROW(parse("--no-such-flag"), CLI::ParseError);
  EXPECT_THROW(parse("--batch-size 0"), CLI::ParseError);
}

TEST(TrainOptions, PeriodsAreEpochsOrSteps) {
  EXPECT_TRUE(parse_period("2e").epochs);
  EXPECT_EQ(parse_period("2e").count, 2u);
  EXPECT_FALSE(parse_period("500").epochs);
  EXPECT_FALSE(parse_period("500s").epochs);
  for (const char* bad : {"", "e", "0", "-1", "5x", "1.5e", "1e1"}) {
    EXPECT_THROW(parse_period(bad), Error) << bad;
  }
}

}  // namespace
}  // namespace stoker
