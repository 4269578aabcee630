#include "libdata/loader/image_loader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/loader/image_batch_maker.h"
#include "libdata/loader/ring_loader.h"

namespace stoker {
namespace {

std::string name_of(const ImageBatchSize& size) {
  return fmt::format("{} x {}", size.batch_size, size.crop);
}

ImageBatchSize check_size(const ImageLoaderOptions& options, const ImageBatchSize& asked) {
  const ImageBatchSize size = settled(asked, options);
  if (size.batch_size >= 1 && size.crop >= 1 && holds(options, size)) return size;
  std::vector<std::string> largest;
  for (const ImageBatchSize& known : all_sizes(options))
    largest.push_back(name_of(known));
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("image loader: expected batches (images x side) no larger than {}, found "
                          "{}",
                          fmt::join(largest, " or "), name_of(size)));
}

}  // namespace

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

void ImageLoader::start_epoch(uint64_t epoch, uint64_t position, ImageBatchSize size) {
  size = check_size(state_->options, size);
  state_->ring.start_epoch(epoch, position, size.batch_size, size.crop);
}

uint64_t ImageLoader::batches_per_epoch(uint64_t position, int64_t batch_size) const {
  return state_->ring.batches_per_epoch(position,
                                        check_size(state_->options, {batch_size, 1}).batch_size);
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
