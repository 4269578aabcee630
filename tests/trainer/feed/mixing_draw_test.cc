// Shares follow the Beta distribution, boxes their shares, and every draw depends on seed, epoch
// and position alone.
#include "trainer/feed/mixing_draw.h"

#include <gtest/gtest.h>

#include <cmath>

namespace stoker {
namespace {

using Kind = MixingDraw::Kind;

// Of Beta(a, a): mean 1/2, variance 1 / (4 (2a + 1)), excess kurtosis -6 / (2a + 3).
TEST(MixingDraw, SharesHaveTheMomentsOfBeta) {
  for (const double alpha : {0.05, 0.2, 0.5, 1.0, 2.0, 20.0}) {
    constexpr int kDraws = 200000;
    double sum = 0, square = 0, fourth = 0;
    for (uint64_t i = 0; i < kDraws; ++i) {
      RandomStream random(7, 0, i);
      const double share = draw_beta(random, alpha);
      ASSERT_GE(share, 0.0);
      ASSERT_LE(share, 1.0);
      const double off = share - 0.5;
      sum += off;
      square += off * off;
      fourth += off * off * off * off;
    }
    const double variance = 1.0 / (4.0 * (2.0 * alpha + 1.0));
    // Five standard errors of a mean of so many draws.
    EXPECT_NEAR(sum / kDraws, 0.0, 5.0 * std::sqrt(variance / kDraws)) << alpha;
    EXPECT_NEAR(square / kDraws / variance, 1.0, 0.02) << alpha;
    const double kurtosis = 3.0 - 6.0 / (2.0 * alpha + 3.0);
    EXPECT_NEAR(fourth / kDraws / (variance * variance) / kurtosis, 1.0, 0.04) << alpha;
  }
}

TEST(MixingDraw, TinyAlphasGiveZeroOrOneAndNeverNaN) {
  for (uint64_t i = 0; i < 1000; ++i) {
    RandomStream random(1, 2, i);
    const double share = draw_beta(random, 1e-4);
    EXPECT_TRUE(share >= 0.0 && share <= 1.0) << share;
  }
}

TEST(MixingDraw, DependsOnSeedEpochAndPositionAlone) {
  const MixingOptions options{0.4, 1.0, 0.5, 3};
  const MixingDraw draw = draw_mixing(options, 2, 64, 8, 32, 32);
  const MixingDraw again = draw_mixing(options, 2, 64, 8, 32, 32);
  EXPECT_EQ(draw.own_share, again.own_share);
  EXPECT_EQ(draw.shift, again.shift);
  EXPECT_NE(draw.own_share, draw_mixing(options, 3, 64, 8, 32, 32).own_share);
  EXPECT_NE(draw.own_share, draw_mixing(options, 2, 72, 8, 32, 32).own_share);
  EXPECT_NE(draw.own_share, draw_mixing({0.4, 1.0, 0.5, 4}, 2, 64, 8, 32, 32).own_share);
}

TEST(MixingDraw, BatchesGetBoxesInTheShareAskedFor) {
  for (const double share : {0.0, 0.25, 1.0}) {
    for (const double mixup : {0.0, 0.2}) {
      int boxes = 0, blends = 0;
      constexpr int kBatches = 4000;
      for (uint64_t i = 0; i < kBatches; ++i) {
        const Kind kind = draw_mixing({mixup, 1.0, share, 5}, 0, i, 4, 8, 8).kind;
        boxes += kind == Kind::kBox;
        blends += kind == Kind::kBlend;
      }
      EXPECT_NEAR(boxes, share * kBatches, 5 * std::sqrt(share * (1 - share) * kBatches));
      EXPECT_EQ(blends, mixup > 0.0 ? kBatches - boxes : 0);
    }
  }
}

TEST(MixingDraw, ABoxIsWhatItsShareSays) {
  int64_t smallest_shift = 100, largest_shift = 0;
  for (uint64_t i = 0; i < 2000; ++i) {
    const MixingDraw draw = draw_mixing({0.0, 1.0, 1.0, 5}, 0, i, 6, 20, 30);
    ASSERT_EQ(draw.kind, Kind::kBox);
    ASSERT_TRUE(0 <= draw.top && draw.top <= draw.bottom && draw.bottom <= 20);
    ASSERT_TRUE(0 <= draw.left && draw.left <= draw.right && draw.right <= 30);
    const double area =
        static_cast<double>((draw.bottom - draw.top) * (draw.right - draw.left)) / (20.0 * 30.0);
    ASSERT_NEAR(draw.own_share, 1.0 - area, 1e-15);
    smallest_shift = std::min(smallest_shift, draw.shift);
    largest_shift = std::max(largest_shift, draw.shift);
  }
  EXPECT_EQ(smallest_shift, 1);  // never a sample with itself
  EXPECT_EQ(largest_shift, 5);
}

TEST(MixingDraw, ASampleAloneIsNotMixed) {
  EXPECT_EQ(draw_mixing({1.0, 1.0, 0.5, 5}, 0, 1, 1, 8, 8).kind, Kind::kNone);
}

}  // namespace
}  // namespace stoker
