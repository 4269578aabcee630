#include "trainer/optim/lr_schedule.h"

#include <gtest/gtest.h>

namespace stoker {
namespace {

TEST(LrSchedule, WarmsUpLinearly) {
  const LrSchedule schedule{.lr = 0.4, .min_lr = 0.0, .warmup_steps = 4, .total_steps = 12};
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 0), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 1), 0.2);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 3), 0.4);
}

TEST(LrSchedule, FallsAlongHalfACosine) {
  const LrSchedule schedule{.lr = 0.4, .min_lr = 0.0, .warmup_steps = 4, .total_steps = 12};
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 4), 0.4);
  EXPECT_NEAR(learning_rate(schedule, 8), 0.2, 1e-15);  // cos(pi/2) = 0
  EXPECT_NEAR(learning_rate(schedule, 6), 0.4 * (1 + 0.70710678118654752) / 2, 1e-15);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 12), 0.0);
}

TEST(LrSchedule, EndsAtMinLr) {
  const LrSchedule schedule{.lr = 1.0, .min_lr = 0.2, .warmup_steps = 0, .total_steps = 2};
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 0), 1.0);
  EXPECT_NEAR(learning_rate(schedule, 1), 0.6, 1e-15);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 2), 0.2);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 99), 0.2);
}

TEST(LrSchedule, MayBeAllWarmUp) {
  const LrSchedule schedule{.lr = 1.0, .min_lr = 0.0, .warmup_steps = 2, .total_steps = 2};
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 0), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 1), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 2), 0.0);
}

}  // namespace
}  // namespace stoker
