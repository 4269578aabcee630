#include "trainer/feed/patch_feed.h"

#include <algorithm>
#include <utility>

#include "libdata/core/error.h"
#include "trainer/feed/patch_upload.h"
#include "trainer/metrics/segmentation_scores.h"

namespace stoker {
namespace {

// An empty batch has none.
bool has_labelled_voxel(const PatchBatch& batch) {
  return std::any_of(batch.label.begin(), batch.label.end(),
                     [](uint8_t label) { return label != kIgnoreLabel; });
}

}  // namespace

PatchFeed::PatchFeed(std::shared_ptr<const JoinedSplit> data, const PatchLoaderOptions& options,
                     const torch::Device& device, int64_t limit)
    : data_(std::move(data)),
      loader_(data_->split, data_->schema, options),
      device_(device),
      limit_(limit),
      batch_samples_(static_cast<uint64_t>(options.batch_size) * options.world_size) {}

uint64_t PatchFeed::batches_from(uint64_t position) const {
  return limit_batches(loader_.batches_per_epoch(position), position, limit_, batch_samples_);
}

void PatchFeed::start_epoch(uint64_t epoch, uint64_t position) {
  loader_.start_epoch(epoch, position);
}

DeviceBatch PatchFeed::next() {
  const std::optional<PatchLease> lease = loader_.next();
  if (!lease) throw Error(ErrorCode::kInternal, "the loader's epoch ended before its last step");
  const PatchBatch& patches = **lease;
  DeviceBatch batch;
  if (has_labelled_voxel(patches)) batch = upload_patches(patches, device_);
  batch.samples_read = patches.count;
  batch.position_after = patches.position_after;
  return batch;
}

}  // namespace stoker
