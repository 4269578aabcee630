#include "trainer/options/resize_options.h"

#include <gtest/gtest.h>

#include "libdata/core/error.h"

namespace stoker {
namespace {

TEST(CropPhases, AreAsTheyAreNamed) {
  const auto phases = parse_crop_phases("160@0,192@20,224@40", 224, 90);
  ASSERT_EQ(phases.size(), 3u);
  EXPECT_EQ(crop_of(phases, 0), 160);
  EXPECT_EQ(crop_of(phases, 19), 160);
  EXPECT_EQ(crop_of(phases, 20), 192);
  EXPECT_EQ(crop_of(phases, 39), 192);
  EXPECT_EQ(crop_of(phases, 40), 224);
  EXPECT_EQ(crop_of(phases, 89), 224);
}

// 0.57 * 224 = 127.7, which is 128, up to epoch 35; 224 from epoch 81; between them a line, whose
// value is 144 (halfway to 160) at epoch 42.8, 176 at 58.1 and 208 at 73.3.
TEST(CropPhases, TheDefaultIsARampInMultiplesOf32) {
  const auto phases = parse_crop_phases("auto", 224, 100);
  EXPECT_EQ(crop_of(phases, 0), 128);
  EXPECT_EQ(crop_of(phases, 42), 128);
  EXPECT_EQ(crop_of(phases, 43), 160);
  EXPECT_EQ(crop_of(phases, 58), 160);
  EXPECT_EQ(crop_of(phases, 59), 192);
  EXPECT_EQ(crop_of(phases, 73), 192);
  EXPECT_EQ(crop_of(phases, 74), 224);
  EXPECT_EQ(crop_of(phases, 99), 224);
  EXPECT_EQ(crop_of(parse_crop_phases("auto", 100, 10), 9), 100);  // itself, at the end
}

TEST(CropPhases, WhatIsNoneIsRefused) {
  for (const char* bad :
       {"", "160", "160@", "@0", "160@1", "160@0,", "160@0,192@0", "160@0,192@-1", "0@0", "-5@0",
        "160x4096@0", "160@0 ,192@2", "99999@0", "160@0.5", "small"}) {
    EXPECT_THROW(parse_crop_phases(bad, 224, 90), Error) << bad;
  }
  EXPECT_THROW(parse_crop_phases("auto", 24, 90), Error);
  EXPECT_THROW(parse_crop_phases("auto", 224, 1), Error);
}

}  // namespace
}  // namespace stoker
