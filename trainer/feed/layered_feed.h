// A feed that stands on another one: what it does not do its own way is that one's.
//
// One thread. Ownership: owns the feed beneath.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "trainer/feed/batch_feed.h"

namespace stoker {

class LayeredFeed : public BatchFeed {
 public:
  uint64_t batches_from(uint64_t epoch, uint64_t position) const override {
    return feed_->batches_from(epoch, position);
  }
  void start_epoch(uint64_t epoch, uint64_t position) override {
    feed_->start_epoch(epoch, position);
  }
  DeviceBatch next() override { return feed_->next(); }
  std::vector<SkippedSample> skipped() const override { return feed_->skipped(); }
  StageTimes times() const override { return feed_->times(); }

 protected:
  explicit LayeredFeed(std::unique_ptr<BatchFeed> feed) : feed_(std::move(feed)) {}

 private:
  const std::unique_ptr<BatchFeed> feed_;
};

}  // namespace stoker
