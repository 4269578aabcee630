// What every loader does alike: epochs in order, shared among ranks, made into batches by worker
// threads, lent one after the other, damage skipped and recorded, times counted.
//
// A Maker says what the samples are. One is shared by all workers; what it holds of the epoch
// changes only in start_epoch, while no worker works.
//   using Worker           what one thread needs to make a sample
//   using SampleSize       what start_epoch may choose for an epoch: a crop, a patch
//   Worker make_worker(); Slot make_slot(); size_t block_bytes()
//   uint64_t sample_count()                       of an epoch, over all ranks
//   std::vector<uint64_t> order(epoch)            sample numbers, in the order of the epoch
//   void start_epoch(epoch, SampleSize)
//   void open(Slot&, const BatchHeader&, const BatchSamples&)
//   void make(Worker&, Slot&, index, sample, StageTimes& spent)   adds to what its worker spent
//   FailedSample failed(const Worker&, index, sample, const Error&)   what make has thrown, placed
//   Slot::Batch empty_batch()                     of a rank that has no sample left; its header is
//                                                 filled in here
// A Slot is one batch: Batch, close(failed), batch(). Both are called as batch_ring.h says; only
// make may throw.
//
// Thread-safety: one thread calls; leases may be released on any thread. Ownership: the loader must
// outlive its leases. Errors: those of the Maker; Io where threads cannot be started.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/loader/batch_header.h"
#include "libdata/loader/batch_ring.h"
#include "libdata/loader/epoch_order.h"
#include "libdata/loader/lease.h"
#include "libdata/loader/published_times.h"
#include "libdata/loader/ring_options.h"
#include "libdata/loader/skipped_samples.h"
#include "libdata/loader/stage_times.h"

namespace stoker {

// The samples of one batch.
struct BatchSamples {
  std::span<const uint64_t> epoch_order;
  EpochSplit::Range range;  // of it, modulo its length

  uint64_t sample(int64_t index) const {
    return epoch_order[(range.begin + static_cast<uint64_t>(index)) % epoch_order.size()];
  }
};

// A sample that could not be made.
struct FailedSample {
  int64_t index = 0;       // in the batch
  uint64_t sample_id = 0;  // in the split
  Error error;
};

template <typename Maker, typename Slot>
class RingLoader {
 public:
  using Batch = typename Slot::Batch;

  template <typename... MakerArguments>
  explicit RingLoader(const RingOptions& options, MakerArguments&&... maker_arguments);

  // Begins an epoch at a position, abandoning one that is under way. `batch_size`: on this rank.
  // Precondition: a slot holds so many samples of that size.
  void start_epoch(uint64_t epoch, uint64_t position, int64_t batch_size,
                   const typename Maker::SampleSize& size);
  uint64_t batches_per_epoch(uint64_t position, int64_t batch_size) const {
    return split_epoch(position, batch_size).steps();
  }
  uint64_t samples_per_epoch() const { return maker_.sample_count(); }

  // The next batch, in order; nothing once the epoch is over. Throws the first error of the batch
  // that may not be skipped.
  std::optional<Lease<Batch>> next();

  StageTimes times() const;
  std::vector<SkippedSample> skipped() const { return skipped_.sorted(); }
  size_t buffer_bytes() const { return fillings_.size() * maker_.block_bytes(); }

 private:
  struct Filling {
    explicit Filling(const Maker& maker) : slot(maker.make_slot()) {}
    Slot slot;
    std::mutex failing;
    std::vector<FailedSample> failures;  // in order of index, once closed
  };
  struct alignas(64) WorkerPlace {
    explicit WorkerPlace(const Maker& maker) : worker(maker.make_worker()) {}
    typename Maker::Worker worker;
    StageTimes spent;
    PublishedTimes times;
  };

  EpochSplit split_epoch(uint64_t position, int64_t batch_size) const {
    return {maker_.sample_count(), position,     static_cast<uint64_t>(batch_size), options_.rank,
            options_.world_size,   options_.tail};
  }
  BatchHeader header(uint64_t step) const;
  BatchSamples samples(uint64_t step) const { return {order_, split_.range(step)}; }
  void open(Filling& filling, uint64_t step);
  void make(WorkerPlace& place, Filling& filling, uint64_t step, int64_t index);
  void close(Filling& filling);

  const RingOptions options_;
  Maker maker_;

  // One epoch. Changed only while no worker works.
  uint64_t epoch_ = 0;
  EpochSplit split_;
  std::vector<uint64_t> order_;
  uint64_t next_step_ = 0;  // the consumer's
  Batch empty_batch_;       // where this rank has no sample in the last step

  SkippedSamples skipped_;
  std::vector<std::unique_ptr<WorkerPlace>> workers_;
  std::vector<std::unique_ptr<Filling>> fillings_;
  std::unique_ptr<BatchRing> ring_;  // last: its threads use all of the above
};

template <typename Maker, typename Slot>
template <typename... MakerArguments>
RingLoader<Maker, Slot>::RingLoader(const RingOptions& options, MakerArguments&&... maker_arguments)
    : options_(options),
      maker_(std::forward<MakerArguments>(maker_arguments)...),
      skipped_(options.on_error) {
  const int threads = options.threads > 0 ? options.threads : thread_count();
  for (int i = 0; i < threads; ++i)
    workers_.push_back(std::make_unique<WorkerPlace>(maker_));
  for (size_t i = 0; i < options.batches_in_flight; ++i)
    fillings_.push_back(std::make_unique<Filling>(maker_));
  ring_ = std::make_unique<BatchRing>(
      threads, fillings_.size(),
      BatchRing::Work{[this](size_t slot, uint64_t step) { open(*fillings_[slot], step); },
                      [this](size_t worker, size_t slot, uint64_t step, int64_t index) {
                        make(*workers_[worker], *fillings_[slot], step, index);
                      },
                      [this](size_t slot, uint64_t) { close(*fillings_[slot]); }});
}

template <typename Maker, typename Slot>
void RingLoader<Maker, Slot>::start_epoch(uint64_t epoch, uint64_t position, int64_t batch_size,
                                          const typename Maker::SampleSize& size) {
  const EpochSplit split = split_epoch(position, batch_size);
  const uint64_t steps = split.steps();
  std::vector<uint64_t> order = maker_.order(epoch);
  ring_->start(steps, split.batch_size, steps == 0 ? 0 : split.range(steps - 1).count, [&] {
    epoch_ = epoch;
    split_ = split;
    order_ = std::move(order);
    next_step_ = 0;
    maker_.start_epoch(epoch, size);
  });
}

template <typename Maker, typename Slot>
std::optional<Lease<typename Slot::Batch>> RingLoader<Maker, Slot>::next() {
  if (next_step_ >= split_.steps()) return std::nullopt;
  const uint64_t step = next_step_;
  if (split_.range(step).count == 0) {
    empty_batch_ = maker_.empty_batch();
    static_cast<BatchHeader&>(empty_batch_) = header(step);
    ++next_step_;
    return Lease<Batch>(&empty_batch_, nullptr, {});
  }
  const BatchRing::Lent lent = ring_->wait(step);
  const Filling& filling = *fillings_[lent.slot];
  for (const FailedSample& failure : filling.failures)
    if (!skipped_.may_skip(failure.error)) throw failure.error;
  ++next_step_;
  return Lease<Batch>(&filling.slot.batch(), ring_.get(), lent);
}

template <typename Maker, typename Slot>
StageTimes RingLoader<Maker, Slot>::times() const {
  StageTimes sum;
  sum.idle = ring_->idle_seconds();
  sum.wait = ring_->wait_seconds();
  for (const auto& place : workers_)
    place->times.add_to(sum);
  return sum;
}

template <typename Maker, typename Slot>
BatchHeader RingLoader<Maker, Slot>::header(uint64_t step) const {
  const EpochSplit::Range range = split_.range(step);
  BatchHeader header;
  header.epoch = epoch_;
  header.step = step;
  header.position_after = split_.position_after(step);
  header.count = static_cast<int64_t>(range.count);
  header.padding = static_cast<int64_t>(range.padding);
  return header;
}

template <typename Maker, typename Slot>
void RingLoader<Maker, Slot>::open(Filling& filling, uint64_t step) {
  filling.failures.clear();
  maker_.open(filling.slot, header(step), samples(step));
}

template <typename Maker, typename Slot>
void RingLoader<Maker, Slot>::make(WorkerPlace& place, Filling& filling, uint64_t step,
                                   int64_t index) {
  const uint64_t sample = samples(step).sample(index);
  const auto fail = [&](const Error& error) {
    FailedSample failure = maker_.failed(place.worker, index, sample, error);
    const std::lock_guard lock(filling.failing);
    filling.failures.push_back(std::move(failure));
  };
  try {
    maker_.make(place.worker, filling.slot, index, sample, place.spent);
  } catch (const Error& error) {
    fail(error);
  } catch (const std::exception& error) {  // out of memory, in all likelihood
    fail(Error(ErrorCode::kInternal, error.what()));
  }
  ++place.spent.samples;
  place.times.publish(place.spent);
}

template <typename Maker, typename Slot>
void RingLoader<Maker, Slot>::close(Filling& filling) {
  std::vector<FailedSample>& failures = filling.failures;
  std::sort(failures.begin(), failures.end(),
            [](const FailedSample& a, const FailedSample& b) { return a.index < b.index; });
  std::vector<int64_t> failed;
  for (const FailedSample& failure : failures)
    failed.push_back(failure.index);
  filling.slot.close(failed);
  for (const FailedSample& failure : failures)
    skipped_.note(epoch_, failure.sample_id, failure.error);
}

}  // namespace stoker
