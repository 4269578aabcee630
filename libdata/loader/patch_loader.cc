#include "libdata/loader/patch_loader.h"

#include <fmt/format.h>

#include "libdata/core/error.h"
#include "libdata/loader/patch_batch_maker.h"
#include "libdata/loader/ring_loader.h"

namespace stoker {
namespace {

Zyx epoch_size(const PatchLoaderOptions& options, Zyx patch_zyx) {
  for (size_t axis = 0; axis < 3; ++axis) {
    int64_t& side = patch_zyx[axis];
    const int64_t largest = options.largest_patch_zyx[axis];
    if (side == 0) side = options.sampling.patch_zyx[axis];
    if (side >= 1 && side <= largest) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("patch loader: expected a patch of 1 to {} voxels along axis {}, found "
                            "{}",
                            largest, axis, side));
  }
  if (options.sampling.sampling == PatchSampling::kGrid && patch_zyx != options.sampling.patch_zyx)
    throw Error(ErrorCode::kInvalidArgument,
                "patch loader: a grid of patches is of one size in every epoch");
  return patch_zyx;
}

}  // namespace

struct PatchLoader::State {
  State(const PackedSplit& split, const Schema& schema, const PatchLoaderOptions& checked)
      : options(checked), ring(ring_options(checked), split, schema, checked) {}

  const PatchLoaderOptions options;
  RingLoader<PatchBatchMaker, PatchSlot> ring;
};

PatchLoader::PatchLoader(const PackedSplit& split, const Schema& schema,
                         const PatchLoaderOptions& options)
    : state_(std::make_unique<State>(split, schema, check_loader_options(options))) {}

PatchLoader::~PatchLoader() = default;

void PatchLoader::start_epoch(uint64_t epoch, uint64_t position, const Zyx& patch_zyx) {
  const PatchLoaderOptions& options = state_->options;
  state_->ring.start_epoch(epoch, position, options.batch_size, epoch_size(options, patch_zyx));
}

uint64_t PatchLoader::batches_per_epoch(uint64_t position) const {
  return state_->ring.batches_per_epoch(position, state_->options.batch_size);
}

uint64_t PatchLoader::patches_per_epoch() const {
  return state_->ring.samples_per_epoch();
}

std::optional<PatchLease> PatchLoader::next() {
  return state_->ring.next();
}

StageTimes PatchLoader::times() const {
  return state_->ring.times();
}

std::vector<SkippedSample> PatchLoader::skipped() const {
  return state_->ring.skipped();
}

size_t PatchLoader::buffer_bytes() const {
  return state_->ring.buffer_bytes();
}

}  // namespace stoker
