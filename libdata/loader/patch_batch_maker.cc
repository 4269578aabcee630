#include "libdata/loader/patch_batch_maker.h"

#include <array>
#include <chrono>

#include "libdata/core/error.h"

namespace stoker {

PatchBatchMaker::PatchBatchMaker(const PackedSplit& split, const Schema& schema,
                                 const PatchLoaderOptions& options)
    : options_(options),
      fields_(find_patch_fields(schema, options_)),
      sampler_(split, schema, options_.sampling),
      files_(split, options_.io),
      patch_zyx_(options_.sampling.patch_zyx) {}

std::vector<uint64_t> PatchBatchMaker::order(uint64_t epoch) const {
  const std::array<uint64_t, 2> all_patches{0, sample_count()};
  return epoch_order(all_patches, options_.order, 1, options_.sampling.seed, epoch);
}

void PatchBatchMaker::start_epoch(uint64_t epoch, const Zyx& patch_zyx) {
  epoch_ = epoch;
  patch_zyx_ = patch_zyx;
}

void PatchBatchMaker::open(PatchSlot& slot, const BatchHeader& header, const BatchSamples&) const {
  slot.open(header, patch_zyx_);
}

void PatchBatchMaker::make(PatchMaker& worker, PatchSlot& slot, int64_t index, uint64_t patch,
                           StageTimes& spent) const {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const double computed_before = worker.compute_seconds();
  worker.make(epoch_, patch, patch_zyx_, slot.target(index));
  const double computed = worker.compute_seconds() - computed_before;
  spent.decode += std::chrono::duration<double>(Clock::now() - start).count() - computed;
  spent.augment += computed;
  spent.stored_bytes = worker.bytes_read();
}

// The error says where, also which record; the sample is the patch's volume.
FailedSample PatchBatchMaker::failed(const PatchMaker& worker, int64_t index, uint64_t,
                                     const Error& error) const {
  return {index, worker.volume(), error};
}

PatchBatch PatchBatchMaker::empty_batch() const {
  PatchBatch batch;
  batch.patch_zyx = patch_zyx_;
  batch.channels = fields_.channels;
  return batch;
}

}  // namespace stoker
