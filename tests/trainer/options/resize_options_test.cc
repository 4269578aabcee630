#include "trainer/options/resize_options.h"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

#include "libdata/core/error.h"
#include "trainer/options/train_options.h"

namespace stoker {
namespace {

int64_t crop_of(const std::vector<CropPhase>& phases, uint64_t epoch) {
  return phase_of(phases, epoch).crop;
}

TEST(CropPhases, AreAsTheyAreNamed) {
  const auto phases = parse_crop_phases("160@0,192@20,224@40", 224, 64, 90);
  ASSERT_EQ(phases.size(), 3u);
  EXPECT_EQ(crop_of(phases, 0), 160);
  EXPECT_EQ(crop_of(phases, 19), 160);
  EXPECT_EQ(crop_of(phases, 20), 192);
  EXPECT_EQ(crop_of(phases, 39), 192);
  EXPECT_EQ(crop_of(phases, 40), 224);
  EXPECT_EQ(crop_of(phases, 89), 224);
  EXPECT_EQ(phase_of(phases, 89).batch_size, 64);
}

TEST(CropPhases, HaveTheBatchSizeThatIsNamedOrTheRunsOwn) {
  const auto phases = parse_crop_phases("160x4096@0,192@20,224x2048@40", 224, 3072, 90);
  ASSERT_EQ(phases.size(), 3u);
  EXPECT_EQ(phases[0].batch_size, 4096);
  EXPECT_EQ(phases[1].batch_size, 3072);
  EXPECT_EQ(phases[2].batch_size, 2048);
  EXPECT_EQ(phases[2].crop, 224);
  EXPECT_EQ(phases[2].first_epoch, 40u);
}

// Pixels: 160 * 160 * 4096 = 104.9 M, 192 * 192 * 3072 = 113.2 M, 224 * 224 * 2048 = 102.8 M.
TEST(CropPhases, TheLargestHasTheMostPixels) {
  EXPECT_EQ(largest_phase(parse_crop_phases("160x4096@0,192x3072@20,224x2048@40", 224, 1, 90)).crop,
            192);
}

TEST(CropPhases, OfARunAreThoseItsEpochsReach) {
  TrainOptions options;
  options.data.crop = 100;
  options.data.batch_size = 8;
  options.run.epochs = 20;
  ASSERT_EQ(crop_phases(options).size(), 1u);
  EXPECT_EQ(crop_phases(options).front().crop, 100);
  EXPECT_EQ(crop_phases(options).front().batch_size, 8);
  options.data.progressive_resize = "16x64@0,32@10,64x2@20";
  ASSERT_EQ(crop_phases(options).size(), 2u);
  EXPECT_EQ(crop_phases(options).back().batch_size, 8);
  options.run.epochs = 21;
  EXPECT_EQ(crop_phases(options).size(), 3u);
  options.trial.overfit_batches = 1;
  EXPECT_EQ(crop_phases(options).size(), 1u);
}

// 0.57 * 224 = 127.7, which is 128, up to epoch 35; 224 from epoch 81; between them a line, whose
// value is 144 (halfway to 160) at epoch 42.8, 176 at 58.1 and 208 at 73.3.
TEST(CropPhases, TheDefaultIsARampInMultiplesOf32) {
  const auto phases = parse_crop_phases("auto", 224, 64, 100);
  EXPECT_EQ(crop_of(phases, 0), 128);
  EXPECT_EQ(crop_of(phases, 42), 128);
  EXPECT_EQ(crop_of(phases, 43), 160);
  EXPECT_EQ(crop_of(phases, 58), 160);
  EXPECT_EQ(crop_of(phases, 59), 192);
  EXPECT_EQ(crop_of(phases, 73), 192);
  EXPECT_EQ(crop_of(phases, 74), 224);
  EXPECT_EQ(crop_of(phases, 99), 224);
  EXPECT_EQ(crop_of(parse_crop_phases("auto", 100, 64, 10), 9), 100);  // itself, at the end
  EXPECT_EQ(phase_of(phases, 99).batch_size, 64);
}

TEST(CropPhases, WhatIsNoneIsRefused) {
  for (const char* bad :
       {"",           "160",         "160@",         "@0",           "160@1",
        "160@0,",     "160@0,192@0", "160@0,192@-1", "0@0",          "-5@0",
        "160x@0",     "x4096@0",     "160x0@0",      "160x-1@0",     "160x1048577@0",
        "160x40x9@0", "160X4096@0",  "160x4096",     "160 x 4096@0", "160@0 ,192@2",
        "99999@0",    "160@0.5",     "small"}) {
    EXPECT_THROW(parse_crop_phases(bad, 224, 64, 90), Error) << bad;
  }
  EXPECT_THROW(parse_crop_phases("auto", 24, 64, 90), Error);
  EXPECT_THROW(parse_crop_phases("auto", 224, 64, 1), Error);
}

}  // namespace
}  // namespace stoker
