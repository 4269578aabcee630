// The inside of ImageLoader: a ring of batch slots, worker threads that fill them, and one epoch.
//
// How a batch comes about. A worker takes the next task: one sample of one step. The step's slot is
// step % ring size. If the slot is not open for that step yet, it was lent or is still being filled
// for an earlier one: the worker waits, and the first to find it free opens it. Samples are then
// made without locks. Who makes the last one closes the slot, and wakes the consumer.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/loader/batch_slot.h"
#include "libdata/loader/image_loader.h"
#include "libdata/loader/read_ahead.h"
#include "libdata/loader/sample_maker.h"
#include "libdata/loader/sample_reader.h"

namespace stoker {

using Clock = std::chrono::steady_clock;

inline double seconds_between(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double>(end - start).count();
}

// Totals of one worker: written by it alone, read by anyone.
struct alignas(64) WorkerTotals {
  std::atomic<double> read{0};
  std::atomic<double> decode{0};
  std::atomic<double> augment{0};
  std::atomic<double> idle{0};
  std::atomic<uint64_t> samples{0};
  std::atomic<uint64_t> stored_bytes{0};
};

template <typename T>
void add(std::atomic<T>& total, T amount) {
  total.store(total.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

inline constexpr uint64_t kNoStep = ~uint64_t{0};

// Fills in what follows from other options; InvalidArgument for what makes no sense.
ImageLoaderOptions check_loader_options(ImageLoaderOptions options);
void check_field(const Schema& schema, size_t field, Storage storage, std::string_view axes);

struct ImageLoader::State {
  // A slot and whom it belongs to, under `mutex` but for open_step, which workers also read alone.
  struct RingSlot {
    RingSlot(State* owner, const ImageLoaderOptions& options, size_t bytes)
        : state(owner), data(options, bytes) {}
    State* state;
    BatchSlot data;
    std::atomic<uint64_t> open_step{kNoStep};  // samples of this step may be filled in
    uint64_t closed_step = kNoStep;            // all samples of this step are in
    bool busy = false;                         // being opened, filled, ready or lent
  };

  State(const PackedSplit& split, const Schema& schema, const ImageLoaderOptions& options);
  ~State() { stop_threads(); }

  void stop_threads();

  void work(WorkerTotals& mine);
  void work_through_epoch(SampleReader& reader, SampleMaker& maker, WorkerTotals& mine);
  bool wait_until_open(RingSlot& slot, uint64_t step, WorkerTotals& mine);
  void open_slot(BatchSlot& slot, uint64_t step);
  void make_sample(BatchSlot& slot, uint64_t step, int64_t index, SampleReader& reader,
                   SampleMaker& maker, WorkerTotals& mine);
  void close_slot(RingSlot& slot, uint64_t step);
  void release(RingSlot& slot);
  bool may_skip(const Error& error) const {  // damage, not a failing disk
    return options.on_error == OnError::kSkip &&
           (error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kUnsupported);
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

  // One epoch. Changed only while no worker is in work_through_epoch.
  uint64_t epoch = 0;
  EpochSplit epoch_split;
  std::vector<uint64_t> order;
  uint64_t task_count = 0;
  std::atomic<uint64_t> next_task{0};
  uint64_t next_step = 0;  // the consumer's
  ImageBatch empty_batch;  // where this rank has no sample in the last step

  std::mutex mutex;
  std::condition_variable workers_wake;
  std::condition_variable consumer_wakes;
  uint64_t generation = 0;  // of epochs started
  int working = 0;          // threads in work_through_epoch
  bool stopping = false;
  std::atomic<bool> abandon{false};
  std::vector<std::unique_ptr<RingSlot>> ring;
  std::vector<SkippedSample> skipped;

  std::vector<WorkerTotals> totals;
  double waited = 0;
  std::vector<std::jthread> threads;  // last: they use all of the above
};

}  // namespace stoker
