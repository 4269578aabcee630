// How an epoch ends, wherever it was begun.
#include "trainer/feed/watched_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libdata/core/error.h"

namespace stoker {
namespace {

using ::testing::HasSubstr;

// Batches of 4 from 16 samples, of which none can be read.
class EmptyFeed : public BatchFeed {
 public:
  uint64_t batches_from(uint64_t, uint64_t position) const override { return (16 - position) / 4; }
  void start_epoch(uint64_t, uint64_t position) override { position_ = position; }
  DeviceBatch next() override {
    position_ += 4;
    DeviceBatch batch;
    batch.position_after = position_;
    return batch;
  }
  std::vector<SkippedSample> skipped() const override {
    return {{0, 7, "shard 1, sample 7", "not a JPEG"}};
  }

 private:
  uint64_t position_ = 0;
};

TEST(WatchedFeed, AWholeEpochWithoutASampleIsAnErrorAtItsLastBatch) {
  WatchedFeed feed(std::make_unique<EmptyFeed>(), "the/data");
  feed.start_epoch(0, 0);
  for (uint64_t i = 1; i <= 3; ++i)
    EXPECT_EQ(feed.next().position_after, 4 * i);
  try {
    feed.next();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_THAT(error.what(), HasSubstr("shard 1, sample 7: not a JPEG"));
    EXPECT_THAT(error.what(), HasSubstr("the/data"));
  }
}

TEST(WatchedFeed, APartOfOneIsNotAndWhatWasSkippedIsToldOnceAtItsEnd) {
  int told = 0;
  WatchedFeed feed(std::make_unique<EmptyFeed>(), "",
                   [&](const std::vector<SkippedSample>& skipped) {
                     ++told;
                     EXPECT_EQ(skipped.size(), 1u);
                   });
  feed.start_epoch(0, 8);
  feed.next();
  EXPECT_EQ(told, 0);
  feed.next();
  EXPECT_EQ(told, 1);
}

TEST(LimitBatches, CountsFromTheStartOfTheEpochWhereverItIsBegun) {
  EXPECT_EQ(limit_batches(10, 0, 0, 8), 10u);
  EXPECT_EQ(limit_batches(10, 0, 4, 8), 4u);
  EXPECT_EQ(limit_batches(8, 16, 4, 8), 2u);
  EXPECT_EQ(limit_batches(6, 32, 4, 8), 0u);
  EXPECT_EQ(limit_batches(10, 0, 40, 8), 10u);
  EXPECT_EQ(limit_batches(5, 20, 4, 8), 2u);  // position of a run with another batch size
}

}  // namespace
}  // namespace stoker
