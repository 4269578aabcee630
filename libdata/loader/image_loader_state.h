// The inside of ImageLoader: what the ring's workers do with one slot and one sample, and one
// epoch.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "libdata/loader/batch_ring.h"
#include "libdata/loader/batch_slot.h"
#include "libdata/loader/image_loader.h"
#include "libdata/loader/read_ahead.h"
#include "libdata/loader/sample_maker.h"
#include "libdata/loader/sample_reader.h"
#include "libdata/loader/skipped_samples.h"

namespace stoker {

using Clock = std::chrono::steady_clock;

inline double seconds_between(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double>(end - start).count();
}

// What a worker has, and counts: written by it alone, read by anyone.
struct alignas(64) ImageWorker {
  ImageWorker(const SampleFiles& files, const ImageLoaderOptions& options)
      : reader(files, options), maker(options) {}
  SampleReader reader;
  SampleMaker maker;
  std::atomic<double> read{0};
  std::atomic<double> decode{0};
  std::atomic<double> augment{0};
  std::atomic<uint64_t> samples{0};
  std::atomic<uint64_t> stored_bytes{0};
};

template <typename T>
void add(std::atomic<T>& total, T amount) {
  total.store(total.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

// Fills in what follows from other options; InvalidArgument for what makes no sense.
ImageLoaderOptions check_loader_options(ImageLoaderOptions options);

struct ImageLoader::State {
  State(const PackedSplit& split, const Schema& schema, const ImageLoaderOptions& options);

  void open(BatchSlot& slot, uint64_t step);
  void make(ImageWorker& worker, BatchSlot& slot, uint64_t step, int64_t index);
  void close(BatchSlot& slot);
  EpochSplit split_epoch(uint64_t position) const {
    return {split.sample_count(), position,           static_cast<uint64_t>(options.batch_size),
            options.rank,         options.world_size, options.tail};
  }
  uint64_t sample_at(uint64_t step, int64_t index) const {
    return order[(epoch_split.range(step).begin + static_cast<uint64_t>(index)) % order.size()];
  }
  int32_t label_of(uint64_t sample_id) const;
  RaggedPlan plan_ragged(const BlobView& blob, const SampleGeometry& geometry) const;

  const PackedSplit& split;
  const ImageLoaderOptions options;
  const size_t image_field;
  const std::optional<size_t> label_field;
  const SampleFiles files;
  ReadAhead read_ahead;

  // One epoch. Changed only while no worker works.
  uint64_t epoch = 0;
  EpochSplit epoch_split;
  std::vector<uint64_t> order;
  uint64_t next_step = 0;  // the consumer's
  ImageBatch empty_batch;  // where this rank has no sample in the last step

  SkippedSamples skipped;
  std::vector<std::unique_ptr<ImageWorker>> workers;
  std::vector<std::unique_ptr<BatchSlot>> slots;
  std::unique_ptr<BatchRing> ring;  // last: its threads use all of the above
};

}  // namespace stoker
