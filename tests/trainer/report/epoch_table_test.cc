#include "trainer/report/epoch_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stoker {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

StepReport epoch(uint64_t number) {
  StepReport last{.epoch = number, .epochs = 12};
  last.samples_per_second = 112.4;
  last.data_wait_share = 0.012;
  return last;
}

const ShownValues kValues{{"train_loss", 0.5123}, {"val_top1", 0.9}};

TEST(EpochTable, HasItsHeadOnce) {
  EpochTable table("img", 0);
  EXPECT_THAT(table.lines(epoch(1), kValues, 83.0),
              ElementsAre("epoch  train_loss  val_top1   img/s    wait     time",
                          " 1/12      0.5123    0.9000     112    1.2%     1:23"));
  EXPECT_THAT(table.lines(epoch(2), kValues, 83.0),
              ElementsAre(" 2/12      0.5123    0.9000     112    1.2%     1:23"));
}

TEST(EpochTable, HasItsHeadAgainWhereColumnsChangeAndAfterTwentyRows) {
  EpochTable table("img", 0);
  EXPECT_THAT(table.lines(epoch(1), {{"train_loss", 0.5}}, 1.0), SizeIs(2));
  EXPECT_THAT(table.lines(epoch(2), kValues, 1.0), SizeIs(2));
  for (int row = 1; row < 20; ++row)
    EXPECT_THAT(table.lines(epoch(3), kValues, 1.0), SizeIs(1));
  EXPECT_THAT(table.lines(epoch(3), kValues, 1.0), SizeIs(2));
}

TEST(EpochTable, OnANarrowTerminalNamesAreShorterThenTheLeastColumnsGo) {
  const ShownValues values{
      {"train_loss", 0.5123}, {"train_top1", 0.8}, {"val_top1", 0.9}, {"val_macro_f1", 0.7}};
  StepReport last = epoch(1);
  last.memory_bytes = 3u << 29;
  last.device_memory_bytes = 5u << 29;
  const auto lines = [&](size_t room) { return EpochTable("img", room).lines(last, values, 1.0); };
  EXPECT_THAT(lines(0),
              ElementsAre("epoch  train_loss  train_top1  val_top1  val_macro_f1   img/s    wait   "
                          "    mem       gpu     time",
                          " 1/12      0.5123      0.8000    0.9000        0.7000     112    1.2%  "
                          "1.50 GiB  2.50 GiB     0:01"));
  EXPECT_THAT(lines(87),
              ElementsAre("epoch     loss     top1  val_top1   val_f1   img/s    wait       mem    "
                          "   gpu     time",
                          ::testing::_));
  EXPECT_THAT(lines(60),
              ElementsAre("epoch     loss     top1  val_top1   val_f1   img/s     time",
                          " 1/12   0.5123   0.8000    0.9000   0.7000     112     0:01"));
  EXPECT_THAT(lines(30), ElementsAre("epoch     loss  val_top1", " 1/12   0.5123    0.9000"));
}

StepReport step() {
  StepReport report{
      .epoch = 1, .epochs = 2, .step = 45, .steps = 281, .later_steps = 281, .loss = 0.5123};
  report.learning_rate = 0.0431;
  report.samples_per_second = 112.4;
  report.seconds_per_step = 1.0;
  report.data_wait_share = 0.012;
  report.memory_bytes = 3u << 29;
  return report;
}

TEST(ProgressLine, FitsItsTerminal) {
  EXPECT_EQ(format_step(step(), "img"),
            "epoch 1/2 step 45/281 loss 0.5123 lr 0.0431 112 img/s wait 1.2% mem 1.50 GiB left "
            "8:37");
  EXPECT_EQ(format_step(step(), "img", 79),
            "epoch 1/2 step 45/281 loss 0.5123 lr 0.0431 112 img/s wait 1.2% left 8:37");
  EXPECT_EQ(format_step(step(), "img", 45), "epoch 1/2 step 45/281 loss 0.5123 left 8:37");
  EXPECT_EQ(format_step(step(), "img", 5), "epoch");
}

TEST(ProgressLine, SaysAccuracyAndTheDevicesMemoryWhereThereIsRoom) {
  StepReport report = step();
  report.accuracy = 0.8124;
  report.device_memory_bytes = 5u << 29;
  EXPECT_EQ(format_step(report, "img"),
            "epoch 1/2 step 45/281 loss 0.5123 acc 81.2% lr 0.0431 112 img/s wait 1.2% mem 1.50 "
            "GiB gpu 2.50 GiB left 8:37");
  EXPECT_EQ(format_step(report, "img", 79),
            "epoch 1/2 step 45/281 loss 0.5123 acc 81.2% 112 img/s wait 1.2% left 8:37");
  EXPECT_EQ(format_step(report, "img", 55),
            "epoch 1/2 step 45/281 loss 0.5123 acc 81.2% left 8:37");
}

TEST(ProgressLine, ThisProcessHasMemory) {
  EXPECT_GT(own_memory_bytes(), 0u);
}

}  // namespace
}  // namespace stoker
