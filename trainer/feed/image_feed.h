// Batches of images with their classes.
//
// Ownership: keeps the split. Errors: those of ImageLoader.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "libdata/loader/image_loader.h"
#include "libdata/shard/joined_split.h"
#include "trainer/feed/batch_feed.h"
#include "trainer/feed/pixel_upload.h"

namespace stoker {

class ImageFeed : public BatchFeed {
 public:
  ImageFeed(std::shared_ptr<const JoinedSplit> data, const ImageLoaderOptions& options,
            PixelUpload upload, int64_t limit);

  uint64_t batches_from(uint64_t position) const override;
  void start_epoch(uint64_t epoch, uint64_t position) override;
  DeviceBatch next() override;
  std::vector<SkippedSample> skipped() const override { return loader_.skipped(); }

 private:
  const std::shared_ptr<const JoinedSplit> data_;
  ImageLoader loader_;
  const PixelUpload upload_;
  const int64_t limit_;           // batches of an epoch; 0: all
  const uint64_t batch_samples_;  // of all ranks
};

}  // namespace stoker
