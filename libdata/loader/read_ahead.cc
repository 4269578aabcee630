#include "libdata/loader/read_ahead.h"

#include <algorithm>

#include "libdata/core/error.h"

namespace stoker {

void ReadAhead::start_epoch(uint64_t epoch) {
  epoch_ = epoch;
  next_window_.store(0);
}

void ReadAhead::batch_opens(uint64_t position, std::span<const uint64_t> sample_ids) {
  if (options_->io == IoMode::kDirect) return;
  if (options_->order == SampleOrder::kWindow) {
    const uint64_t coming = position / options_->window_samples + 1;
    uint64_t next = next_window_.load();
    // This window and the next; the one thread that moves the mark asks.
    while (next <= coming && !next_window_.compare_exchange_weak(next, coming + 1)) {
    }
    for (uint64_t window = std::max(next, coming - 1); next <= coming && window <= coming; ++window)
      want_window(window);
  } else if (reads_wait(sample_ids.size())) {
    for (const uint64_t id : sample_ids)
      want(id, 1);
  }
}

bool ReadAhead::reads_wait(size_t batch_samples) {
  const uint64_t batch = batches_.fetch_add(1, std::memory_order_relaxed);
  const uint64_t slow = slow_reads_.exchange(0, std::memory_order_relaxed);
  if (slow * kSlowShare > batch_samples) {
    ask_until_.store(batch + kBatchesAsked, std::memory_order_relaxed);
  }
  return batch < ask_until_.load(std::memory_order_relaxed);
}

void ReadAhead::want_window(uint64_t window) {
  for (const SampleRun& run : window_runs(files_->split().first_samples(), options_->window_samples,
                                          options_->seed, epoch_, window))
    want(run.first, run.count);
}

// Samples that follow one another in a shard, as their bytes do. `count` > 0.
void ReadAhead::want(uint64_t first_sample, uint64_t count) {
  const PackedSplit& split = files_->split();
  const PackedSplit::Place place = split.locate(first_sample);
  const ShardReader& shard = split.shards()[place.shard];
  try {
    const BlobView first = shard.blob(place.sample, image_field_);
    const BlobView last = shard.blob(place.sample + count - 1, image_field_);
    const uint64_t end = last.offset_bytes + last.bytes.size();
    if (end <= first.offset_bytes) return;
    if (options_->io == IoMode::kMmap)
      shard.will_need(first.offset_bytes, end - first.offset_bytes);
    else
      files_->file(place.shard).will_need(first.offset_bytes, end - first.offset_bytes);
  } catch (const Error&) {  // a damaged index entry: whoever reads the sample reports it
  }
}

}  // namespace stoker
