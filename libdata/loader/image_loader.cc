#include "libdata/loader/image_loader.h"

#include <string>

#include "libdata/core/error.h"
#include "libdata/loader/image_batch_maker.h"
#include "libdata/loader/ring_loader.h"

namespace stoker {

struct ImageLoader::State {
  State(const PackedSplit& split, const Schema& schema, const ImageLoaderOptions& checked)
      : options(checked), ring(ring_options(checked), split, schema, checked) {}

  const ImageLoaderOptions options;
  RingLoader<ImageBatchMaker, ImageSlot> ring;
};

ImageLoader::ImageLoader(const PackedSplit& split, const Schema& schema,
                         const ImageLoaderOptions& options)
    : state_(std::make_unique<State>(split, schema, check_loader_options(options))) {}

ImageLoader::~ImageLoader() = default;

void ImageLoader::start_epoch(uint64_t epoch, uint64_t position, int64_t crop) {
  const ImageLoaderOptions& options = state_->options;
  if (crop == 0) crop = options.crop;
  if (crop < 1 || crop > options.largest_crop) {
    throw Error(ErrorCode::kInvalidArgument, "image loader: expected a crop of 1 to " +
                                                 std::to_string(options.largest_crop) +
                                                 " pixels, found " + std::to_string(crop));
  }
  state_->ring.start_epoch(epoch, position, crop);
}

uint64_t ImageLoader::batches_per_epoch(uint64_t position) const {
  return state_->ring.batches_per_epoch(position);
}

std::optional<BatchLease> ImageLoader::next() {
  return state_->ring.next();
}

StageTimes ImageLoader::times() const {
  return state_->ring.times();
}

std::vector<SkippedSample> ImageLoader::skipped() const {
  return state_->ring.skipped();
}

size_t ImageLoader::buffer_bytes() const {
  return state_->ring.buffer_bytes();
}

}  // namespace stoker
