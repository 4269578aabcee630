// Batches of images with their classes.
//
// Ownership: keeps the split. Errors: those of ImageLoader.
#pragma once

#include <cstdint>
#include <memory>

#include "libdata/loader/image_loader.h"
#include "trainer/feed/loader_feed.h"
#include "trainer/feed/pixel_upload.h"

namespace stoker {

class ImageFeed : public LoaderFeed<ImageLoader> {
 public:
  ImageFeed(std::shared_ptr<const JoinedSplit> data, const ImageLoaderOptions& options,
            PixelUpload upload, int64_t limit);

  DeviceBatch next() override;

 private:
  const PixelUpload upload_;
};

}  // namespace stoker
