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
  using CropOfEpoch = std::function<int64_t(uint64_t epoch)>;

  // `crop_of_epoch`: side of an epoch's crops, at most options.largest_crop; none: options.crop.
  ImageFeed(std::shared_ptr<const JoinedSplit> data, const ImageLoaderOptions& options,
            PixelUpload upload, int64_t limit, CropOfEpoch crop_of_epoch = {});

  void start_epoch(uint64_t epoch, uint64_t position) override;
  DeviceBatch next() override;

 private:
  const PixelUpload upload_;
  const CropOfEpoch crop_of_epoch_;
};

}  // namespace stoker
