#include "trainer/feed/image_feed.h"

#include <utility>

namespace stoker {

ImageFeed::ImageFeed(std::shared_ptr<const JoinedSplit> data, const ImageLoaderOptions& options,
                     PixelUpload upload, int64_t limit, CropOfEpoch crop_of_epoch)
    : LoaderFeed(std::move(data), options, limit),
      upload_(std::move(upload)),
      crop_of_epoch_(std::move(crop_of_epoch)) {}

void ImageFeed::start_epoch(uint64_t epoch, uint64_t position) {
  loader().start_epoch(epoch, position, crop_of_epoch_ ? crop_of_epoch_(epoch) : 0);
}

DeviceBatch ImageFeed::next() {
  const BatchLease lease = take_batch();
  const ImageBatch& images = *lease;
  DeviceBatch batch;
  batch.samples = batch.samples_read = images.count;
  batch.padding = images.padding;
  batch.position_after = images.position_after;
  if (images.count == 0) return batch;
  batch.sample_ids.assign(images.sample_ids.begin(), images.sample_ids.end());
  batch.input = upload_.images(images.pixels, images.count, images.crop, images.crop);
  batch.target = upload_.labels(images.labels);
  return batch;
}

}  // namespace stoker
