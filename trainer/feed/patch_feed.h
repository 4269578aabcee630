// Batches of patches of volumes with their labels.
//
// A batch in which every voxel is ignored has no samples: there is nothing to learn from.
// Ownership: keeps the split. Errors: those of PatchLoader.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "libdata/loader/patch_loader.h"
#include "libdata/shard/joined_split.h"
#include "trainer/feed/batch_feed.h"

namespace stoker {

class PatchFeed : public BatchFeed {
 public:
  PatchFeed(std::shared_ptr<const JoinedSplit> data, const PatchLoaderOptions& options,
            const torch::Device& device, int64_t limit);

  uint64_t batches_from(uint64_t position) const override;
  void start_epoch(uint64_t epoch, uint64_t position) override;
  DeviceBatch next() override;
  std::vector<SkippedSample> skipped() const override { return loader_.skipped(); }

 private:
  const std::shared_ptr<const JoinedSplit> data_;
  PatchLoader loader_;
  const torch::Device device_;
  const int64_t limit_;           // batches of an epoch; 0: all
  const uint64_t batch_samples_;  // of all ranks
};

}  // namespace stoker
