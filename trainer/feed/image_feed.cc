#include "trainer/feed/image_feed.h"

#include <utility>

namespace stoker {

ImageFeed::ImageFeed(std::shared_ptr<const JoinedSplit> data, const ImageLoaderOptions& options,
                     PixelUpload upload, int64_t limit, SizeOfEpoch size_of_epoch)
    : LoaderFeed(std::move(data), options, limit),
      upload_(std::move(upload)),
      size_of_epoch_(std::move(size_of_epoch)) {}

uint64_t ImageFeed::batches_from(uint64_t epoch, uint64_t position) const {
  const int64_t asked = size_of_epoch_ ? size_of_epoch_(epoch).batch_size : 0;
  const int64_t size = asked > 0 ? asked : batch_size();
  return limited(loader().batches_per_epoch(position, size), position, size);
}

void ImageFeed::start_epoch(uint64_t epoch, uint64_t position) {
  loader().start_epoch(epoch, position, size_of_epoch_ ? size_of_epoch_(epoch) : ImageBatchSize{});
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
