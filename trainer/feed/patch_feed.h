// Batches of patches of volumes with their labels.
//
// A batch in which every voxel is ignored has no samples: there is nothing to learn from.
// Ownership: keeps the split. Errors: those of PatchLoader.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>

#include "libdata/loader/patch_loader.h"
#include "trainer/feed/loader_feed.h"

namespace stoker {

class PatchFeed : public LoaderFeed<PatchLoader> {
 public:
  PatchFeed(std::shared_ptr<const JoinedSplit> data, const PatchLoaderOptions& options,
            const torch::Device& device, int64_t limit);

  DeviceBatch next() override;

 private:
  const torch::Device device_;
};

}  // namespace stoker
