// Where batches come from. A feed may stand on another one.
//
// One thread. Errors: next() throws those of the data.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "libdata/loader/loader_options.h"
#include "libdata/loader/stage_times.h"
#include "trainer/feed/device_batch.h"

namespace stoker {

class BatchFeed {
 public:
  virtual ~BatchFeed() = default;

  // A position is a place in an epoch: how many of its samples all ranks together have passed.
  // How many batches of `epoch` are to come from there; at least one from position 0.
  virtual uint64_t batches_from(uint64_t epoch, uint64_t position) const = 0;
  // What follows is a pure function of the seed and these two.
  virtual void start_epoch(uint64_t epoch, uint64_t position) = 0;
  // Waits for the next batch. Precondition: fewer than batches_from(epoch, position) were taken.
  virtual DeviceBatch next() = 0;

  // What --on-error skip has left out so far; grows at its end from epoch to epoch.
  virtual std::vector<SkippedSample> skipped() const { return {}; }
  // Where the time of loading went, since the feed was made.
  virtual StageTimes times() const { return {}; }
};

// Of `batches` that a loader would give from `position` on, those that --limit-batches lets pass;
// 0: all. `batch_samples`: of all ranks together.
inline uint64_t limit_batches(uint64_t batches, uint64_t position, int64_t limit,
                              uint64_t batch_samples) {
  if (limit == 0) return batches;
  const uint64_t end = static_cast<uint64_t>(limit) * batch_samples;
  const uint64_t left = position < end ? (end - position + batch_samples - 1) / batch_samples : 0;
  return std::min(batches, left);
}

}  // namespace stoker
