// What the feeds that stand on a loader of libdata do alike. A feed of a kind of sample derives
// from this and says in next() how a batch becomes a DeviceBatch.
//
// One thread. Ownership: keeps the split. Errors: those of the loader.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/shard/joined_split.h"
#include "trainer/feed/batch_feed.h"

namespace stoker {

template <typename Loader>
class LoaderFeed : public BatchFeed {
 public:
  uint64_t batches_from(uint64_t position) const final {
    return limit_batches(loader_.batches_per_epoch(position), position, limit_, batch_samples_);
  }
  void start_epoch(uint64_t epoch, uint64_t position) override {
    loader_.start_epoch(epoch, position);
  }
  std::vector<SkippedSample> skipped() const final { return loader_.skipped(); }
  StageTimes times() const final { return loader_.times(); }

 protected:
  // `limit`: batches of an epoch; 0: all.
  template <typename LoaderOptions>
  LoaderFeed(std::shared_ptr<const JoinedSplit> data, const LoaderOptions& options, int64_t limit)
      : data_(std::move(data)),
        loader_(data_->split, data_->schema, options),
        limit_(limit),
        batch_samples_(static_cast<uint64_t>(options.batch_size) * options.world_size) {}

  Loader& loader() { return loader_; }
  auto take_batch() {
    auto lease = loader_.next();
    if (!lease) throw Error(ErrorCode::kInternal, "the loader's epoch ended before its last step");
    return std::move(*lease);
  }

 private:
  const std::shared_ptr<const JoinedSplit> data_;
  Loader loader_;
  const int64_t limit_;
  const uint64_t batch_samples_;  // of all ranks
};

}  // namespace stoker
