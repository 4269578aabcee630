#include "libdata/loader/patch_loader.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/half.h"
#include "libdata/core/parallel.h"
#include "libdata/loader/batch_ring.h"
#include "libdata/loader/patch_maker.h"
#include "libdata/loader/patch_slot.h"
#include "libdata/loader/skipped_samples.h"

namespace stoker {
namespace {

using Clock = std::chrono::steady_clock;

PatchLoaderOptions checked(PatchLoaderOptions options) {
  const auto require = [](bool holds, const char* expected) {
    if (holds) return;
    throw Error(ErrorCode::kInvalidArgument, fmt::format("patch loader: expected {}", expected));
  };
  require(options.batch_size >= 1 && options.batch_size <= 1 << 16, "a batch size of 1 to 65536");
  require(options.world_size >= 1 && options.rank < options.world_size, "a rank below world_size");
  require(options.batches_in_flight >= 2, "at least 2 batches in flight");
  require(options.threads >= 0 && options.threads <= 4096, "0 to 4096 threads");
  if (options.threads == 0) options.threads = thread_count();
  // Patches are small reads wherever they lie: a window would change nothing.
  if (options.order == SampleOrder::kWindow) options.order = SampleOrder::kRandom;
  return options;
}

// What a worker has and counts; read by anyone.
struct alignas(64) Worker {
  explicit Worker(PatchMaker made) : maker(std::move(made)) {}
  PatchMaker maker;
  std::atomic<double> read_seconds{0};
  std::atomic<double> compute_seconds{0};
  std::atomic<uint64_t> patches{0};
  std::atomic<uint64_t> stored_bytes{0};
};

}  // namespace

PatchInput parse_patch_input(std::string_view text) {
  if (text == "image") return PatchInput::kImage;
  if (text == "stored") return PatchInput::kStoredFeatures;
  if (text == "computed") return PatchInput::kComputedFeatures;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("expected image, stored or computed, found {}", text));
}

struct PatchLoader::State {
  State(const PackedSplit& split_in, const Schema& schema, const PatchLoaderOptions& options_in)
      : split(split_in),
        options(checked(options_in)),
        fields(find_patch_fields(schema, options)),
        sampler(split, schema, options.sampling),
        files(split, options.io),
        skipped(options.on_error) {
    for (int i = 0; i < options.threads; ++i) {
      workers.push_back(std::make_unique<Worker>(PatchMaker(sampler, files, fields, options)));
    }
    for (size_t i = 0; i < options.batches_in_flight; ++i) {
      slots.push_back(std::make_unique<PatchSlot>(options, fields));
    }
    ring = std::make_unique<BatchRing>(
        options.threads, slots.size(),
        BatchRing::Work{[this](size_t slot, uint64_t step) { open(*slots[slot], step); },
                        [this](size_t worker, size_t slot, uint64_t step, int64_t index) {
                          make(*workers[worker], *slots[slot], step, index);
                        },
                        [this](size_t slot, uint64_t) { close(*slots[slot]); }});
  }

  void open(PatchSlot& slot, uint64_t step) const;
  void make(Worker& worker, PatchSlot& slot, uint64_t step, int64_t index) const;
  void close(PatchSlot& slot);
  EpochSplit split_epoch(uint64_t position) const {
    return {sampler.patch_count(), position,           static_cast<uint64_t>(options.batch_size),
            options.rank,          options.world_size, options.tail};
  }

  const PackedSplit& split;
  const PatchLoaderOptions options;
  const PatchFields fields;
  const PatchSampler sampler;
  const BrickFiles files;

  // One epoch. Changed only while no worker works.
  uint64_t epoch = 0;
  EpochSplit epoch_split;
  std::vector<uint64_t> order;
  uint64_t next_step = 0;  // the consumer's
  PatchBatch empty_batch;  // where this rank has no patch in the last step

  SkippedSamples skipped;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::unique_ptr<PatchSlot>> slots;
  std::unique_ptr<BatchRing> ring;  // last: its threads use all of the above
};

void PatchLoader::State::open(PatchSlot& slot, uint64_t step) const {
  const EpochSplit::Range range = epoch_split.range(step);
  PatchBatch batch;
  batch.epoch = epoch;
  batch.step = step;
  batch.position_after = epoch_split.position_after(step);
  batch.count = static_cast<int64_t>(range.count);
  batch.padding = static_cast<int64_t>(range.padding);
  slot.open(batch);
}

void PatchLoader::State::make(Worker& worker, PatchSlot& slot, uint64_t step, int64_t index) const {
  const uint64_t position = epoch_split.range(step).begin + static_cast<uint64_t>(index);
  const uint64_t patch = order[position % order.size()];
  const auto start = Clock::now();
  const double computed_before = worker.maker.compute_seconds();
  try {
    worker.maker.make(epoch, patch, slot.target(index));
  } catch (const Error& error) {
    slot.fail(index, worker.maker.volume(), error);
  } catch (const std::exception& error) {  // out of memory, in all likelihood
    slot.fail(index, worker.maker.volume(), Error(ErrorCode::kInternal, error.what()));
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const double computed = worker.maker.compute_seconds() - computed_before;
  const auto add = [](auto& total, auto amount) {
    total.store(total.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  };
  add(worker.read_seconds, seconds - computed);
  add(worker.compute_seconds, computed);
  add(worker.patches, uint64_t{1});
  worker.stored_bytes.store(worker.maker.bytes_read(), std::memory_order_relaxed);
}

void PatchLoader::State::close(PatchSlot& slot) {
  slot.close();
  for (const FailedPatch& failure : slot.failures())
    skipped.note(epoch, failure.volume, failure.error);
}

PatchLoader::PatchLoader(const PackedSplit& split, const Schema& schema,
                         const PatchLoaderOptions& options)
    : state_(std::make_unique<State>(split, schema, options)) {}

PatchLoader::~PatchLoader() = default;

void PatchLoader::start_epoch(uint64_t epoch, uint64_t position) {
  State& s = *state_;
  const EpochSplit epoch_split = s.split_epoch(position);
  const uint64_t steps = epoch_split.steps();
  const std::array<uint64_t, 2> all_patches{0, epoch_split.sample_count};
  std::vector<uint64_t> order =
      epoch_order(all_patches, s.options.order, 1, s.options.sampling.seed, epoch);
  s.ring->start(steps, static_cast<uint64_t>(s.options.batch_size),
                steps == 0 ? 0 : epoch_split.range(steps - 1).count, [&] {
                  s.epoch = epoch;
                  s.epoch_split = epoch_split;
                  s.order = std::move(order);
                  s.next_step = 0;
                });
}

uint64_t PatchLoader::batches_per_epoch(uint64_t position) const {
  return state_->split_epoch(position).steps();
}

uint64_t PatchLoader::patches_per_epoch() const {
  return state_->sampler.patch_count();
}

std::optional<PatchLease> PatchLoader::next() {
  State& s = *state_;
  if (s.next_step >= s.epoch_split.steps()) return std::nullopt;
  const uint64_t step = s.next_step;
  if (s.epoch_split.range(step).count == 0) {
    s.empty_batch = {};
    s.empty_batch.epoch = s.epoch;
    s.empty_batch.step = step;
    s.empty_batch.position_after = s.epoch_split.position_after(step);
    s.empty_batch.patch_zyx = s.options.sampling.patch_zyx;
    s.empty_batch.channels = s.fields.channels;
    ++s.next_step;
    return PatchLease(&s.empty_batch, nullptr, {});
  }
  const BatchRing::Lent lent = s.ring->wait(step);
  const PatchSlot& slot = *s.slots[lent.slot];
  for (const FailedPatch& failure : slot.failures()) {
    if (!s.skipped.may_skip(failure.error)) throw failure.error;
  }
  ++s.next_step;
  return PatchLease(&slot.batch(), s.ring.get(), lent);
}

StageTimes PatchLoader::times() const {
  StageTimes sum;
  sum.idle = state_->ring->idle_seconds();
  sum.wait = state_->ring->wait_seconds();
  for (const auto& worker : state_->workers) {
    sum.decode += worker->read_seconds.load(std::memory_order_relaxed);
    sum.augment += worker->compute_seconds.load(std::memory_order_relaxed);
    sum.samples += worker->patches.load(std::memory_order_relaxed);
    sum.stored_bytes += worker->stored_bytes.load(std::memory_order_relaxed);
  }
  return sum;
}

std::vector<SkippedSample> PatchLoader::skipped() const {
  return state_->skipped.sorted();
}

size_t PatchLoader::buffer_bytes() const {
  return state_->slots.size() * patch_slot_bytes(state_->options, state_->fields);
}

void standardize(const PatchBatch& batch, std::span<float> out) {
  const auto voxels =
      static_cast<size_t>(batch.patch_zyx[0] * batch.patch_zyx[1] * batch.patch_zyx[2]);
  const size_t planes = batch.factor.size();  // patches x channels
  if (out.size() != planes * voxels) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("standardize: {} floats for {} values", out.size(), planes * voxels));
  }
  const auto value_at = [&](size_t i) {
    if (!batch.image.empty()) return static_cast<float>(batch.image[i]);
    if (!batch.image16.empty()) return static_cast<float>(batch.image16[i]);
    return half_to_float(batch.features[i]);
  };
  for (size_t plane = 0; plane < planes; ++plane) {
    for (size_t i = plane * voxels; i < (plane + 1) * voxels; ++i)
      out[i] = value_at(i) * batch.factor[plane] + batch.offset[plane];
  }
}

PatchLease::PatchLease(PatchLease&& other) noexcept
    : batch_(std::exchange(other.batch_, nullptr)),
      ring_(std::exchange(other.ring_, nullptr)),
      lent_(other.lent_) {}

PatchLease& PatchLease::operator=(PatchLease&& other) noexcept {
  std::swap(batch_, other.batch_);
  std::swap(ring_, other.ring_);
  std::swap(lent_, other.lent_);
  return *this;
}

PatchLease::~PatchLease() {
  if (ring_ != nullptr) ring_->release(lent_);
}

}  // namespace stoker
