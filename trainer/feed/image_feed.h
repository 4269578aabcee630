// Batches of images with their classes.
//
// Ownership: keeps the split. Errors: those of ImageLoader.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "libdata/loader/image_loader.h"
#include "trainer/feed/loader_feed.h"
#include "trainer/feed/pixel_upload.h"

namespace stoker {

class ImageFeed : public LoaderFeed<ImageLoader> {
 public:
  using SizeOfEpoch = std::function<ImageBatchSize(uint64_t epoch)>;

  // `size_of_epoch`: one of those that the options name; none: their batch_size and crop.
  ImageFeed(std::shared_ptr<const JoinedSplit> data, const ImageLoaderOptions& options,
            PixelUpload upload, int64_t limit, SizeOfEpoch size_of_epoch = {});

  uint64_t batches_from(uint64_t epoch, uint64_t position) const override;
  void start_epoch(uint64_t epoch, uint64_t position) override;
  DeviceBatch next() override;

 private:
  const PixelUpload upload_;
  const SizeOfEpoch size_of_epoch_;
};

}  // namespace stoker
