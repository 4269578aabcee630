// A feed whose epochs are all the first one: the same batches in the same order, for a network that
// is to learn them by heart (--overfit-batches).
//
// One thread. Ownership: owns the feed beneath. Errors: those of the feed.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "trainer/feed/batch_feed.h"

namespace stoker {

class FixedEpochFeed : public BatchFeed {
 public:
  explicit FixedEpochFeed(std::unique_ptr<BatchFeed> feed) : feed_(std::move(feed)) {}

  uint64_t batches_from(uint64_t, uint64_t position) const override {
    return feed_->batches_from(0, position);
  }
  void start_epoch(uint64_t, uint64_t position) override { feed_->start_epoch(0, position); }
  DeviceBatch next() override { return feed_->next(); }
  std::vector<SkippedSample> skipped() const override { return feed_->skipped(); }
  StageTimes times() const override { return feed_->times(); }

 private:
  const std::unique_ptr<BatchFeed> feed_;
};

}  // namespace stoker
