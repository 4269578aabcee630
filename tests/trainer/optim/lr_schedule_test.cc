#include "trainer/optim/lr_schedule.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

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

TEST(LrSchedule, WarmUpComesBeforeEveryCurveButOneCycle) {
  for (const LrCurve curve :
       {LrCurve::kLinear, LrCurve::kStep, LrCurve::kPoly, LrCurve::kConstant}) {
    const LrSchedule schedule{
        .lr = 0.4, .warmup_steps = 4, .total_steps = 12, .curve = curve, .epochs = {1, 12}};
    EXPECT_DOUBLE_EQ(learning_rate(schedule, 0), 0.1);
    EXPECT_DOUBLE_EQ(learning_rate(schedule, 3), 0.4);
    EXPECT_DOUBLE_EQ(learning_rate(schedule, 4), 0.4);
  }
}

TEST(LrSchedule, StepsNeverFallBelowMinLr) {
  const LrSchedule schedule{.lr = 1.0,
                            .min_lr = 0.3,
                            .total_steps = 8,
                            .curve = LrCurve::kStep,
                            .gamma = 0.5,
                            .step_size_epochs = 1,
                            .epochs = {4, 2}};
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 1), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 2), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 4), 0.3);
}

TEST(LrSchedule, DropsFollowEpochsOfUnequalLength) {
  LrSchedule schedule{.lr = 1.0, .curve = LrCurve::kStep, .gamma = 0.5, .step_size_epochs = 2};
  schedule.epochs = EpochPlan(6, {0, 3}, {4, 2});  // epochs of 4, 4, 4, 2, 2, 2 steps
  schedule.total_steps = schedule.epochs.total_steps();
  EXPECT_EQ(schedule.total_steps, 18u);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 7), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 8), 0.5);   // epoch 2
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 13), 0.5);  // epoch 3
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 14), 0.25);
}

TEST(EpochPlan, SaysHowLongItsEpochsAre) {
  EXPECT_EQ(describe_steps(EpochPlan(6, 4)), "4 steps an epoch");
  EXPECT_EQ(describe_steps(EpochPlan(6, {0, 2, 3, 5}, {4, 4, 2, 7})),
            "4 steps an epoch, from epoch 3 on 2, from epoch 5 on 7");
}

TEST(EpochPlan, PartsOfEpochsAreRoundedToSteps) {
  const EpochPlan plan(6, {0, 3}, {5, 2});
  EXPECT_EQ(plan.steps_before(2.3), 12u);  // 11.5, rounded up
  EXPECT_EQ(plan.steps_before(3.0), 15u);
  EXPECT_EQ(plan.steps_before(4.5), 18u);
  EXPECT_EQ(plan.steps_before(6.0), plan.total_steps());
  EXPECT_EQ(plan.steps_in(2), 5u);
  EXPECT_EQ(plan.steps_in(3), 2u);
  EXPECT_EQ(plan.epoch_of(14), 2u);
  EXPECT_EQ(plan.epoch_of(15), 3u);
}

struct ReferenceCase {
  std::string arguments;  // of lr_reference.py
  LrSchedule schedule;
};

std::vector<ReferenceCase> reference_cases() {
  LrSchedule base{.lr = 0.4, .total_steps = 20};
  std::vector<ReferenceCase> cases{{"cosine 20 0.1", base},      {"onecycle 20 0.3 10000", base},
                                   {"onecycle 20 0.25 8", base}, {"linear 20 0.25", base},
                                   {"poly 20 0.9", base},        {"step 7 3 2 0.1", base}};
  cases[0].schedule.min_lr = 0.1;
  cases[1].schedule.curve = LrCurve::kOneCycle;
  cases[2].schedule.curve = LrCurve::kOneCycle;
  cases[2].schedule.warmup_steps = 5;
  cases[2].schedule.min_lr = 0.4 / 25 / 8;
  cases[3].schedule.curve = LrCurve::kLinear;
  cases[3].schedule.min_lr = 0.1;
  cases[4].schedule.curve = LrCurve::kPoly;
  cases[5].schedule.curve = LrCurve::kStep;
  cases[5].schedule.step_size_epochs = 2;
  cases[5].schedule.epochs = EpochPlan(7, 3);
  cases[5].schedule.total_steps = 21;
  return cases;
}

TEST(LrSchedule, NumbersAreThoseOfTorchsSchedulers) {
  std::string command =
      "/usr/bin/python3 " STOKER_SOURCE_DIR "/tests/trainer/optim/lr_reference.py";
  const char* separator = " '";
  for (const ReferenceCase& one : reference_cases()) {
    command += separator + one.arguments;
    separator = ",";
  }
  command += "'";
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string output;
  char piece[512];
  while (std::fgets(piece, sizeof piece, pipe) != nullptr)
    output += piece;
  const int exit_code = WEXITSTATUS(::pclose(pipe));
  if (exit_code == 77 || exit_code == 127) GTEST_SKIP() << "no torch for python3: " << output;
  ASSERT_EQ(exit_code, 0) << output;
  std::istringstream lines(output);
  for (const ReferenceCase& one : reference_cases()) {
    std::string line;
    ASSERT_TRUE(std::getline(lines, line)) << output;
    std::istringstream numbers(line);
    uint64_t step = 0;
    for (double expected = 0; numbers >> expected; ++step)
      EXPECT_NEAR(learning_rate(one.schedule, step), expected, 1e-12)
          << one.arguments << " " << step;
    EXPECT_EQ(step, one.schedule.total_steps) << one.arguments;
  }
}

}  // namespace
}  // namespace stoker
