// A feed whose epochs are all the first one: the same batches in the same order, for a network that
// is to learn them by heart (--overfit-batches).
//
// One thread. Ownership: owns the feed beneath. Errors: those of the feed.
#pragma once

#include <memory>
#include <utility>

#include "trainer/feed/layered_feed.h"

namespace stoker {

class FixedEpochFeed : public LayeredFeed {
 public:
  explicit FixedEpochFeed(std::unique_ptr<BatchFeed> feed) : LayeredFeed(std::move(feed)) {}

  uint64_t batches_from(uint64_t, uint64_t position) const override {
    return LayeredFeed::batches_from(0, position);
  }
  void start_epoch(uint64_t, uint64_t position) override { LayeredFeed::start_epoch(0, position); }
};

}  // namespace stoker
