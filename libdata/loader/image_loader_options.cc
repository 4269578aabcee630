#include "libdata/loader/image_loader_options.h"

#include <string>

#include "libdata/core/error.h"
#include "libdata/loader/ring_options.h"

namespace stoker {

ImageLoaderOptions check_loader_options(ImageLoaderOptions options) {
  const auto require = [](bool holds, const std::string& message) {
    if (!holds) throw Error(ErrorCode::kInvalidArgument, "image loader: expected " + message);
  };
  require(options.batch_size >= 1 && options.batch_size <= 1 << 20, "a batch size of 1 to 2^20");
  require(options.crop >= 1 && options.crop <= 16384, "a crop of 1 to 16384 pixels");
  if (options.largest_crop == 0) options.largest_crop = options.crop;
  require(options.largest_crop >= options.crop && options.largest_crop <= 16384,
          "a largest crop from the crop to 16384 pixels");
  require(options.channels != Channels::kAsStored, "1 or 3 channels");
  require(options.window_samples >= 1, "a window of at least one sample");
  check_ring_options("image loader", ring_options(options));
  require(resize_short_for(options, options.crop) >= options.crop,
          "resize_short of at least the crop");
  return options;
}

int64_t resize_short_for(const ImageLoaderOptions& options, int64_t crop) {
  if (options.resize_short == 0) return (crop * 256 + 112) / 224;
  return (crop * options.resize_short + options.crop / 2) / options.crop;
}

}  // namespace stoker
