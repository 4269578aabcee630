#include "libdata/loader/image_loader.h"

#include <utility>

#include "libdata/loader/image_loader_state.h"

namespace stoker {

ImageLoader::ImageLoader(const PackedSplit& split, const Schema& schema,
                         const ImageLoaderOptions& options)
    : state_(std::make_unique<State>(split, schema, options)) {}

ImageLoader::~ImageLoader() = default;

void ImageLoader::start_epoch(uint64_t epoch, uint64_t position) {
  State& s = *state_;
  const ImageLoaderOptions& o = s.options;
  const EpochSplit epoch_split = s.split_epoch(position);
  const uint64_t steps = epoch_split.steps();
  std::vector<uint64_t> order =
      epoch_order(s.split.first_samples(), o.order, o.window_samples, o.seed, epoch);
  s.ring->start(steps, static_cast<uint64_t>(o.batch_size),
                steps == 0 ? 0 : epoch_split.range(steps - 1).count, [&] {
                  s.epoch = epoch;
                  s.epoch_split = epoch_split;
                  s.order = std::move(order);
                  s.next_step = 0;
                  s.read_ahead.start_epoch(epoch);
                });
}

uint64_t ImageLoader::batches_per_epoch(uint64_t position) const {
  return state_->split_epoch(position).steps();
}

std::optional<BatchLease> ImageLoader::next() {
  State& s = *state_;
  if (s.next_step >= s.epoch_split.steps()) return std::nullopt;
  const uint64_t step = s.next_step;
  if (s.epoch_split.range(step).count == 0) {
    s.empty_batch = {};
    s.empty_batch.epoch = s.epoch;
    s.empty_batch.step = step;
    s.empty_batch.position_after = s.epoch_split.position_after(step);
    s.empty_batch.crop = s.options.crop;
    s.empty_batch.channels = static_cast<int64_t>(s.options.channels);
    ++s.next_step;
    return BatchLease(&s.empty_batch, nullptr, {});
  }
  const BatchRing::Lent lent = s.ring->wait(step);
  const BatchSlot& slot = *s.slots[lent.slot];
  for (const FailedSample& failure : slot.failures())
    if (!s.skipped.may_skip(failure.error)) throw failure.error;
  ++s.next_step;
  return BatchLease(&slot.batch(), s.ring.get(), lent);
}

StageTimes ImageLoader::times() const {
  StageTimes sum;
  sum.idle = state_->ring->idle_seconds();
  sum.wait = state_->ring->wait_seconds();
  for (const auto& worker : state_->workers) {
    sum.read += worker->read.load(std::memory_order_relaxed);
    sum.decode += worker->decode.load(std::memory_order_relaxed);
    sum.augment += worker->augment.load(std::memory_order_relaxed);
    sum.samples += worker->samples.load(std::memory_order_relaxed);
    sum.stored_bytes += worker->stored_bytes.load(std::memory_order_relaxed);
  }
  return sum;
}

std::vector<SkippedSample> ImageLoader::skipped() const {
  return state_->skipped.sorted();
}

size_t ImageLoader::buffer_bytes() const {
  return state_->slots.size() * batch_buffer_bytes(state_->options);
}

BatchLease::BatchLease(BatchLease&& other) noexcept
    : batch_(std::exchange(other.batch_, nullptr)),
      ring_(std::exchange(other.ring_, nullptr)),
      lent_(other.lent_) {}

BatchLease& BatchLease::operator=(BatchLease&& other) noexcept {
  std::swap(batch_, other.batch_);
  std::swap(ring_, other.ring_);
  std::swap(lent_, other.lent_);
  return *this;
}

BatchLease::~BatchLease() {
  if (ring_ != nullptr) ring_->release(lent_);
}

}  // namespace stoker
