#include "libdata/loader/epoch_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include "libdata/core/error.h"

namespace stoker {
namespace {

const std::vector<uint64_t> kShards{0, 100, 150, 400};

std::vector<uint64_t> order(SampleOrder kind, uint64_t epoch, uint64_t window = 64) {
  return epoch_order(kShards, kind, window, 7, epoch);
}

TEST(EpochOrder, VisitsEverySampleOnce) {
  std::vector<uint64_t> all(400);
  std::iota(all.begin(), all.end(), uint64_t{0});
  EXPECT_EQ(order(SampleOrder::kSequential, 3), all);
  for (const SampleOrder kind : {SampleOrder::kRandom, SampleOrder::kWindow}) {
    EXPECT_NE(order(kind, 3), all);
    EXPECT_THAT(order(kind, 3), testing::UnorderedElementsAreArray(all));
    EXPECT_EQ(order(kind, 3), order(kind, 3));
    EXPECT_NE(order(kind, 3), order(kind, 4));
  }
}

// A window reads from at most two places (a shard's end, the next one's beginning, and small
// shards between): within it, ids form few runs once sorted.
TEST(EpochOrder, WindowsReadShardsInSequence) {
  const std::vector<uint64_t> ids = order(SampleOrder::kWindow, 1);
  for (size_t begin = 0; begin < ids.size(); begin += 64) {
    std::vector<uint64_t> window(
        ids.begin() + static_cast<ptrdiff_t>(begin),
        ids.begin() + static_cast<ptrdiff_t>(std::min<size_t>(begin + 64, ids.size())));
    std::sort(window.begin(), window.end());
    int jumps = 0;
    for (size_t i = 1; i < window.size(); ++i)
      jumps += window[i] != window[i - 1] + 1;
    EXPECT_LE(jumps, 2);
  }
}

TEST(EpochOrder, RunsBeforeTheShuffleAreTheSamplesOfTheWindow) {
  const std::vector<uint64_t> ids = order(SampleOrder::kWindow, 5);
  for (uint64_t window = 0; window <= ids.size() / 64; ++window) {
    std::vector<uint64_t> named;
    for (const SampleRun& run : runs_before_shuffle(kShards, 7, 5, window * 64, window * 64 + 64))
      for (uint64_t i = 0; i < run.count; ++i)
        named.push_back(run.first + i);
    const auto begin = ids.begin() + static_cast<ptrdiff_t>(window * 64);
    const auto end =
        ids.begin() + static_cast<ptrdiff_t>(std::min<size_t>(window * 64 + 64, ids.size()));
    EXPECT_THAT(named, testing::UnorderedElementsAreArray(begin, end));
  }
  EXPECT_TRUE(runs_before_shuffle(kShards, 7, 5, 448, 512).empty());
}

TEST(EpochOrder, ReadsItsNames) {
  EXPECT_EQ(parse_sample_order("window"), SampleOrder::kWindow);
  EXPECT_THROW(parse_sample_order("shuffled"), Error);
}

TEST(EpochSplit, CoversEachPositionOnceOverAllRanks) {
  for (uint64_t samples : {0u, 1u, 7u, 64u, 101u})
    for (uint32_t world : {1u, 2u, 3u, 8u})
      for (uint64_t start : {uint64_t{0}, samples / 3, samples}) {
        std::multiset<uint64_t> seen;
        for (uint32_t rank = 0; rank < world; ++rank) {
          const EpochSplit split{samples, start, 4, rank, world, EpochTail::kShort};
          for (uint64_t step = 0; step < split.steps(); ++step) {
            const EpochSplit::Range range = split.range(step);
            EXPECT_LE(range.count, 4u);
            for (uint64_t i = 0; i < range.count; ++i)
              seen.insert(range.begin + i);
          }
        }
        EXPECT_EQ(seen.size(), samples - start);
        EXPECT_EQ(std::set<uint64_t>(seen.begin(), seen.end()).size(), samples - start);
        if (!seen.empty()) {
          EXPECT_EQ(*seen.begin(), start);
        }
      }
}

// 10 samples, 2 ranks of 4: the second step has 2 left. Dealt out, dropped, or padded with 0 and 1.
TEST(EpochSplit, TreatsTheTailAsAsked) {
  EpochSplit split{10, 0, 4, 1, 2, EpochTail::kShort};
  EXPECT_EQ(split.steps(), 2u);
  EXPECT_EQ(split.range(1).begin, 9u);
  EXPECT_EQ(split.range(1).count, 1u);
  EXPECT_EQ(split.position_after(0), 8u);
  EXPECT_EQ(split.position_after(1), 10u);
  split.tail = EpochTail::kDrop;
  EXPECT_EQ(split.steps(), 1u);
  split.tail = EpochTail::kPad;
  EXPECT_EQ(split.steps(), 2u);
  EXPECT_EQ(split.range(1).count, 4u);
  EXPECT_EQ(split.range(1).padding, 4u);
  EXPECT_EQ(split.range(1).begin, 2u);  // position 12 modulo 10
  split.rank = 0;
  EXPECT_EQ(split.range(1).begin, 8u);
  EXPECT_EQ(split.range(1).padding, 2u);
}

TEST(EpochSplit, FewerSamplesThanABatchAreOneBatchWhereTheTailIsDroppedUnlessAlone) {
  EpochSplit split{10, 0, 4, 0, 1, EpochTail::kDropUnlessAlone};
  EXPECT_EQ(split.steps(), 2u);
  split.start = 8;
  EXPECT_EQ(split.steps(), 0u);
  split.batch_size = 16;
  split.start = 0;
  EXPECT_EQ(split.steps(), 1u);
  EXPECT_EQ(split.range(0).count, 10u);
  EXPECT_EQ(split.position_after(0), 10u);
  split.start = 10;
  EXPECT_EQ(split.steps(), 0u);
}

}  // namespace
}  // namespace stoker
