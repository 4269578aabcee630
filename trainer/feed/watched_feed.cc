#include "trainer/feed/watched_feed.h"

#include <utility>

#include "libdata/core/error.h"

namespace stoker {
namespace {

Error nothing_left_error(const std::vector<SkippedSample>& skipped, const std::string& where) {
  std::string message = "no sample is left: every one was left out by --on-error skip";
  if (!skipped.empty())
    message += "; the first: " + skipped.front().place + ": " + skipped.front().reason;
  return Error(ErrorCode::kCorrupt, message, where);
}

}  // namespace

WatchedFeed::WatchedFeed(std::unique_ptr<BatchFeed> feed, std::string where, OnSkipped on_skipped)
    : LayeredFeed(std::move(feed)), where_(std::move(where)), on_skipped_(std::move(on_skipped)) {}

void WatchedFeed::start_epoch(uint64_t epoch, uint64_t position) {
  LayeredFeed::start_epoch(epoch, position);
  from_the_start_ = position == 0;
  batches_left_ = batches_from(epoch, position);
  samples_read_ = 0;
}

DeviceBatch WatchedFeed::next() {
  DeviceBatch batch = LayeredFeed::next();
  samples_read_ += batch.samples_read;
  if (--batches_left_ > 0) return batch;
  const std::vector<SkippedSample> left_out = skipped();
  if (from_the_start_ && samples_read_ == 0) throw nothing_left_error(left_out, where_);
  if (!left_out.empty() && on_skipped_) on_skipped_(left_out);
  return batch;
}

}  // namespace stoker
