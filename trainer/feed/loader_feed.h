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
  uint64_t batches_from(uint64_t, uint64_t position) const override {
    return limited(loader_.batches_per_epoch(position), position, batch_size_);
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
        batch_size_(options.batch_size),
        world_size_(options.world_size) {}

  Loader& loader() { return loader_; }
  const Loader& loader() const { return loader_; }
  int64_t batch_size() const { return batch_size_; }  // of the loader's options
  // Of the batches of `batch_size` that are to come from a position on, those that are taken.
  uint64_t limited(uint64_t batches, uint64_t position, int64_t batch_size) const {
    return limit_batches(batches, position, limit_,
                         static_cast<uint64_t>(batch_size) * world_size_);
  }
  auto take_batch() {
    auto lease = loader_.next();
    if (!lease) throw Error(ErrorCode::kInternal, "the loader's epoch ended before its last step");
    return std::move(*lease);
  }

 private:
  const std::shared_ptr<const JoinedSplit> data_;
  Loader loader_;
  const int64_t limit_;
  const int64_t batch_size_;
  const uint64_t world_size_;
};

}  // namespace stoker
