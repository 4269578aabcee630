#include "trainer/metrics/extreme_samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace stoker {
namespace {

using ::testing::ElementsAre;

std::vector<uint64_t> ids(const std::vector<JudgedSample>& samples) {
  std::vector<uint64_t> ids;
  for (const JudgedSample& sample : samples)
    ids.push_back(sample.id);
  return ids;
}

// Loss of sample i: i * 37 modulo 101, each value from 0 to 100 once.
TEST(ExtremeSamples, AreTheHighestAndTheLowestOfManyInAnyOrder) {
  ExtremeSamples forward(3), backward(3);
  for (uint64_t i = 0; i < 101; ++i) {
    forward.add({i, static_cast<double>(i * 37 % 101)});
    backward.add({100 - i, static_cast<double>((100 - i) * 37 % 101)});
  }
  // 37 * 30 = 1110 = 10 * 101 + 100, and 30 less of it each time: -30 is 71, -60 is 41.
  EXPECT_THAT(ids(forward.worst()), ElementsAre(30, 60, 90));
  EXPECT_THAT(ids(forward.best()), ElementsAre(0, 71, 41));
  EXPECT_EQ(ids(backward.worst()), ids(forward.worst()));
  EXPECT_EQ(ids(backward.best()), ids(forward.best()));
}

TEST(ExtremeSamples, OfFewNoneIsBoth) {
  ExtremeSamples few(16);
  for (const double loss : {0.5, 3.0, 1.0})
    few.add({static_cast<uint64_t>(10 * loss), loss});
  EXPECT_THAT(ids(few.worst()), ElementsAre(30, 10));
  EXPECT_THAT(ids(few.best()), ElementsAre(5));
  EXPECT_TRUE(ExtremeSamples(16).worst().empty());
}

TEST(ExtremeSamples, WhatIsNoNumberIsWorstAndOfEqualOnesTheLowerId) {
  ExtremeSamples samples(2);
  for (const uint64_t id : {4, 2, 3})
    samples.add({id, 1.0});
  samples.add({9, std::nan("")});
  EXPECT_THAT(ids(samples.worst()), ElementsAre(9, 2));
  EXPECT_THAT(ids(samples.best()), ElementsAre(4, 3));
}

}  // namespace
}  // namespace stoker
