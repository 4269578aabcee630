// A training feed whose epochs are looked at when they end: when --on-error skip has left out every
// sample, going on would end in success with weights that have learnt nothing.
//
// One thread. Ownership: owns the feed beneath. Errors: next() throws Corrupt with the last batch
// of an epoch that had no sample.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "trainer/feed/batch_feed.h"

namespace stoker {

class WatchedFeed : public BatchFeed {
 public:
  using OnSkipped = std::function<void(const std::vector<SkippedSample>& skipped)>;

  // `where`: the data, for messages. `on_skipped` is told at the end of an epoch what has been left
  // out up to then, if anything was.
  WatchedFeed(std::unique_ptr<BatchFeed> feed, std::string where, OnSkipped on_skipped = {});

  uint64_t batches_from(uint64_t epoch, uint64_t position) const override {
    return feed_->batches_from(epoch, position);
  }
  void start_epoch(uint64_t epoch, uint64_t position) override;
  DeviceBatch next() override;
  std::vector<SkippedSample> skipped() const override { return feed_->skipped(); }
  StageTimes times() const override { return feed_->times(); }

 private:
  const std::unique_ptr<BatchFeed> feed_;
  const std::string where_;
  const OnSkipped on_skipped_;
  bool from_the_start_ = true;
  uint64_t batches_left_ = 0;  // of the epoch
  int64_t samples_read_ = 0;
};

}  // namespace stoker
