#include "libdata/loader/image_loader_options.h"

#include <algorithm>
#include <string>

#include "libdata/core/error.h"
#include "libdata/loader/ring_options.h"

namespace stoker {

ImageLoaderOptions check_loader_options(ImageLoaderOptions options) {
  const auto require = [](bool holds, const std::string& message) {
    if (!holds) throw Error(ErrorCode::kInvalidArgument, "image loader: expected " + message);
  };
  for (const ImageBatchSize& size : all_sizes(options)) {
    require(size.batch_size >= 1 && size.batch_size <= 1 << 20, "a batch size of 1 to 2^20");
    require(size.crop >= 1 && size.crop <= 16384, "a crop of 1 to 16384 pixels");
  }
  require(options.channels != Channels::kAsStored, "1 or 3 channels");
  require(options.window_samples >= 1, "a window of at least one sample");
  check_ring_options("image loader", ring_options(options));
  require(resize_short_for(options, options.crop) >= options.crop,
          "resize_short of at least the crop");
  return options;
}

ImageBatchSize settled(ImageBatchSize size, const ImageLoaderOptions& options) {
  if (size.batch_size == 0) size.batch_size = options.batch_size;
  if (size.crop == 0) size.crop = options.crop;
  return size;
}

std::vector<ImageBatchSize> all_sizes(const ImageLoaderOptions& options) {
  std::vector<ImageBatchSize> sizes{{options.batch_size, options.crop}};
  for (const ImageBatchSize& size : options.more_sizes)
    sizes.push_back(settled(size, options));
  return sizes;
}

bool holds(const ImageLoaderOptions& options, const ImageBatchSize& size) {
  const std::vector<ImageBatchSize> sizes = all_sizes(options);
  return std::any_of(sizes.begin(), sizes.end(), [&](const ImageBatchSize& known) {
    return size.batch_size <= known.batch_size && size.crop <= known.crop;
  });
}

int64_t resize_short_for(const ImageLoaderOptions& options, int64_t crop) {
  if (options.resize_short == 0) return (crop * 256 + 112) / 224;
  return (crop * options.resize_short + options.crop / 2) / options.crop;
}

}  // namespace stoker
