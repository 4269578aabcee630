#include "trainer/report/stage_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stoker {
namespace {

using ::testing::HasSubstr;

// Ten seconds, of which the training thread waited `wait` for the loader and copied for `copy`.
StageReport epoch_of(double wait, double copy, const StageTimes& workers) {
  StageReport report{10.0, wait + copy, workers};
  report.loader.wait = wait;
  return report;
}

TEST(StageReport, SharesAreOfTheThreadTheyBelongTo) {
  const StageReport report =
      epoch_of(3.5, 0.5, {.read = 1.0, .decode = 14.0, .augment = 4.0, .idle = 1.0});
  EXPECT_EQ(format_stages(report),
            "time: compute 60%, wait 35%, copy 5%; workers: read 5%, decode 70%, augment 20%, "
            "idle 5%");
}

TEST(StageReport, ALoaderThatSaysNothingIsLeftOut) {
  EXPECT_EQ(format_stages(epoch_of(0.0, 2.0, {})), "time: compute 80%, wait 0%, copy 20%");
}

TEST(StageReport, IsOfOneEpochAlone) {
  const StageTimes before{
      .read = 1, .decode = 2, .augment = 3, .idle = 4, .wait = 5, .samples = 6, .stored_bytes = 70};
  const StageTimes now{.read = 2,
                       .decode = 4,
                       .augment = 6,
                       .idle = 8,
                       .wait = 10,
                       .samples = 18,
                       .stored_bytes = 100};
  const StageTimes passed = difference(now, before);
  EXPECT_EQ(passed.read, 1.0);
  EXPECT_EQ(passed.decode, 2.0);
  EXPECT_EQ(passed.augment, 3.0);
  EXPECT_EQ(passed.idle, 4.0);
  EXPECT_EQ(passed.wait, 5.0);
  EXPECT_EQ(passed.samples, 12u);
  EXPECT_EQ(passed.stored_bytes, 30u);
}

TEST(StageAdvice, NamesTheStageThatIsWaitedFor) {
  EXPECT_THAT(stage_advice(epoch_of(4.0, 0.1, {.read = 1, .decode = 9, .augment = 2})),
              HasSubstr("decoding: pack with --encode mixed"));
  EXPECT_THAT(stage_advice(epoch_of(4.0, 0.1, {.read = 1, .decode = 2, .augment = 9})),
              HasSubstr("augmentation"));
  StageReport reading = epoch_of(4.0, 0.1, {.read = 9, .decode = 2, .augment = 1});
  reading.loader.stored_bytes = 10 * 1024 * 1024;
  EXPECT_THAT(stage_advice(reading), HasSubstr("reading (1.00 MiB/s)"));
  EXPECT_THAT(stage_advice(epoch_of(1.0, 4.0, {.decode = 9})), HasSubstr("copied"));
}

TEST(StageAdvice, IsSilentWhereTheNetworkIsTheSlowerSide) {
  EXPECT_EQ(stage_advice(epoch_of(0.4, 0.1, {.decode = 2, .idle = 17})), "");
}

TEST(StageAdvice, IdleWorkersAreNotTheOnesToHelp) {
  EXPECT_THAT(stage_advice(epoch_of(1.0, 0.1, {.decode = 2, .idle = 17})),
              HasSubstr("first batches"));
}

}  // namespace
}  // namespace stoker
