#include "trainer/feed/image_feed.h"

#include <utility>

#include "libdata/core/error.h"

namespace stoker {

ImageFeed::ImageFeed(std::shared_ptr<const JoinedSplit> data, const ImageLoaderOptions& options,
                     PixelUpload upload, int64_t limit)
    : data_(std::move(data)),
      loader_(data_->split, data_->schema, options),
      upload_(std::move(upload)),
      limit_(limit),
      batch_samples_(static_cast<uint64_t>(options.batch_size) * options.world_size) {}

uint64_t ImageFeed::batches_from(uint64_t position) const {
  return limit_batches(loader_.batches_per_epoch(position), position, limit_, batch_samples_);
}

void ImageFeed::start_epoch(uint64_t epoch, uint64_t position) {
  loader_.start_epoch(epoch, position);
}

DeviceBatch ImageFeed::next() {
  const std::optional<BatchLease> lease = loader_.next();
  if (!lease) throw Error(ErrorCode::kInternal, "the loader's epoch ended before its last step");
  const ImageBatch& images = **lease;
  DeviceBatch batch;
  batch.samples = batch.samples_read = images.count;
  batch.padding = images.padding;
  batch.position_after = images.position_after;
  if (images.count == 0) return batch;
  batch.input = upload_.images(images.pixels, images.count, images.crop, images.crop);
  batch.target = upload_.labels(images.labels);
  return batch;
}

}  // namespace stoker
