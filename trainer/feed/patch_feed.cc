#include "trainer/feed/patch_feed.h"

#include <algorithm>
#include <utility>

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
    : LoaderFeed(std::move(data), options, limit), device_(device) {}

DeviceBatch PatchFeed::next() {
  const PatchLease lease = take_batch();
  const PatchBatch& patches = *lease;
  DeviceBatch batch;
  if (has_labelled_voxel(patches)) batch = upload_patches(patches, device_);
  batch.samples_read = patches.count;
  batch.position_after = patches.position_after;
  return batch;
}

}  // namespace stoker
