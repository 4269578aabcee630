#include "libdata/loader/read_ahead.h"

#include <sys/resource.h>

#include <utility>

#include "libdata/core/error.h"

namespace stoker {
namespace {

// Whether this thread's faults had to wait for a disk since it last asked. Others are slow too:
// those that clear a large page of a new batch buffer.
bool faults_waited() {
  thread_local long before = 0;
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return std::exchange(before, usage.ru_majflt) != usage.ru_majflt;
}

}  // namespace

void ReadAhead::batch_opens(uint64_t position, std::span<const uint64_t> sample_ids) {
  if (options_->io == IoMode::kDirect || !reads_wait(sample_ids.size())) return;
  for (const uint64_t id : sample_ids)
    want(id, 1);
  if (options_->order != SampleOrder::kWindow) return;
  const uint64_t begin = position + options_->window_samples;
  for (const SampleRun& run : runs_before_shuffle(files_->split().first_samples(), options_->seed,
                                                  epoch_, begin, begin + sample_ids.size()))
    want(run.first, run.count);
}

void ReadAhead::note_slow_read() {
  if (options_->io == IoMode::kMmap && !faults_waited()) return;
  slow_reads_.fetch_add(1, std::memory_order_relaxed);
}

bool ReadAhead::reads_wait(size_t batch_samples) {
  const uint64_t batch = batches_.fetch_add(1, std::memory_order_relaxed);
  const uint64_t slow = slow_reads_.exchange(0, std::memory_order_relaxed);
  if (slow * kSlowShare > batch_samples) {
    ask_until_.store(batch + kBatchesAsked, std::memory_order_relaxed);
  }
  return batch < ask_until_.load(std::memory_order_relaxed);
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
