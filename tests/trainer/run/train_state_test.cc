#include "trainer/run/train_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "tests/temp_folder.h"
#include "trainer/report/run_log.h"

namespace stoker {
namespace {

TEST(TrainState, DoublesSurviveBitForBit) {
  TrainState state;
  state.epoch = 3;
  state.step_in_epoch = 5;
  state.position = 321;
  state.step = std::numeric_limits<uint64_t>::max();
  state.epoch_sums.add("loss", 0.1 + 0.2, 3.0);
  state.best = 1.0 / 3.0;
  state.options = {{"--seed", "1"}};
  state.data_fingerprint = "abc";
  const TrainState back = decode_state(encode_state(state));
  EXPECT_EQ(back.step, state.step);
  EXPECT_EQ(back.position, 321u);
  EXPECT_EQ(back.epoch_sums.by_name.at("loss").sum, 0.1 + 0.2);
  EXPECT_EQ(back.best, state.best);
  EXPECT_EQ(back.options, state.options);
  EXPECT_EQ(encode_state(back), encode_state(state));
}

TEST(TrainState, RefusesMissingMembersAndOtherText) {
  EXPECT_THROW(decode_state("{}"), Error);
  EXPECT_THROW(decode_state("nonsense"), Error);
  EXPECT_THROW(decode_state("[1]"), Error);
}

TEST(TrainState, NamesEveryOptionThatChanged) {
  TrainState saved;
  saved.options = {{"--lr", "0.1"}, {"--seed", "1"}, {"--crop", "64"}};
  saved.data_fingerprint = "abc";
  EXPECT_NO_THROW(check_same_run(saved, saved.options, "abc"));
  try {
    check_same_run(saved, {{"--lr", "0.2"}, {"--seed", "2"}, {"--crop", "64"}}, "xyz");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("--lr was '0.1', is '0.2'"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("--seed"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("abc"));
    EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("--crop")));
  }
}

TEST(TrainState, WhatItWasMadeWithIsComparedWhereItIsKnown) {
  TrainState state;
  state.made_with = {{"--threads", "2"}, {"LibTorch", "1.13.1"}};
  state.best_epoch = 7;
  const TrainState back = decode_state(encode_state(state));
  EXPECT_EQ(back.best_epoch, 7u);
  EXPECT_THAT(differences(back.made_with, {{"--threads", "4"}, {"LibTorch", "1.13.1"}}),
              ::testing::ElementsAre("--threads was 2, is 4"));
  EXPECT_THAT(differences({}, {{"--threads", "4"}}), ::testing::IsEmpty());
}

TEST(TrainState, ReadsThatOfVersion010) {
  const TrainState state = decode_state(
      R"({"epoch":1,"step_in_epoch":0,"step":7,"skipped_steps":0,"bad_steps_in_a_row":0,)"
      R"("epoch_sums":{},"best":0.5,"metrics_bytes":9,"options":{"--lr":"1"},)"
      R"("data_fingerprint":"abc"})");
  EXPECT_EQ(state.step, 7u);
  EXPECT_EQ(state.best, 0.5);
  EXPECT_EQ(state.best_epoch, 0u);
}

TEST(TrainState, APositionThatVersion010DidNotKeepFollowsFromItsSteps) {
  const std::string rest =
      R"("epoch":1,"step_in_epoch":3,"step":7,"skipped_steps":0,"bad_steps_in_a_row":0,)"
      R"("epoch_sums":{},"best":null,"metrics_bytes":9,"data_fingerprint":"abc"})";
  EXPECT_EQ(decode_state(R"({"options":{"--batch-size":"32"},)" + rest).position, 96u);
  EXPECT_THROW(decode_state(R"({"options":{"--batch-size":"x"},)" + rest), Error);
  EXPECT_THROW(decode_state(R"({"options":{},)" + rest), Error);
}

TEST(TrainState, AFlagThatIsNoLongerGivenMakesAnotherRun) {
  TrainState saved;
  saved.options = {{"--lr", "1"}, {"--blurpool", "1"}};
  EXPECT_NO_THROW(check_same_run(saved, {{"--lr", "1"}, {"--blurpool", "1"}}, ""));
  try {
    check_same_run(saved, {{"--lr", "1"}}, "");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(error.what()).find("--blurpool was '1', is not given"),
              std::string::npos);
  }
}

TEST(TrainState, OnErrorMayChangeBecauseNothingWasLeftOutBefore) {
  TrainState saved;
  saved.options = {{"--on-error", "stop"}, {"--lr", "1"}};
  EXPECT_NO_THROW(check_same_run(saved, {{"--on-error", "skip"}, {"--lr", "1"}}, ""));
}

TEST(TrainState, MoreEpochsAreNoOtherRunWhereTheRateOfAStepStaysWhatItWas) {
  TrainState saved;
  const auto refusal = [&saved](OptionList before, const std::string& epochs) -> std::string {
    before.emplace_back("--epochs", "9");
    saved.options = before;
    before.back().second = epochs;
    try {
      check_same_run(saved, before, "");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      return error.what();
    }
    return "";
  };
  const OptionList constant{{"--lr", "0.1"}, {"--min-lr", "0.1"}};
  const OptionList cosine{{"--lr", "0.1"}, {"--min-lr", "0"}};
  EXPECT_EQ(refusal(constant, "10"), "");
  EXPECT_EQ(refusal(constant, "9"), "");
  EXPECT_NE(refusal(constant, "8"), "");
  EXPECT_NE(refusal(cosine, "10").find("--init-from"), std::string::npos);
  EXPECT_EQ(refusal(cosine, "8").find("--init-from"), std::string::npos);
  EXPECT_EQ(refusal({{"--scheduler", "step"}, {"--lr", "1"}, {"--min-lr", "0"}}, "90"), "");
  EXPECT_NE(refusal({{"--scheduler", "onecycle"}, {"--lr", "1"}, {"--min-lr", "1"}}, "90"), "");
}

TEST(RunLog, LinesKeepTheirOrderAndHaveNoNan) {
  EXPECT_EQ(encode_log_line({{"event", "x"},
                             {"b", uint64_t{1}},
                             {"a", 0.5},
                             {"n", std::numeric_limits<double>::quiet_NaN()}}),
            R"({"event":"x","b":1,"a":0.5,"n":null})");
}

TEST(RunLog, CutsWhatCameAfterTheCheckpoint) {
  const TempFolder folder;
  const auto path = folder.path() / "metrics.jsonl";
  uint64_t kept = 0;
  {
    MetricsFile file(path, 0);
    file.append({{"step", uint64_t{1}}});
    kept = file.size_bytes();
    file.append({{"step", uint64_t{2}}});
  }
  MetricsFile(path, kept).append({{"step", uint64_t{3}}});
  EXPECT_EQ(read_text_file(path), "{\"step\":1}\n{\"step\":3}\n");
}

TEST(RunLog, ProgressLineSaysWhatIsLeft) {
  StepReport report{
      .epoch = 1, .epochs = 2, .step = 45, .steps = 281, .later_steps = 281, .loss = 0.5123};
  report.learning_rate = 0.0431;
  report.samples_per_second = 112.4;
  report.seconds_per_step = 1.0;
  report.data_wait_share = 0.012;
  EXPECT_EQ(format_step(report, "img"),  // 517 steps of a second are left
            "epoch 1/2 step 45/281 loss 0.5123 lr 0.0431 112 img/s wait 1.2% left 8:37");
}

}  // namespace
}  // namespace stoker
