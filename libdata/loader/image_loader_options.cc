#include <string>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/loader/image_loader_state.h"

namespace stoker {

ImageLoaderOptions check_loader_options(ImageLoaderOptions options) {
  const auto require = [](bool holds, const std::string& message) {
    if (!holds) throw Error(ErrorCode::kInvalidArgument, "image loader: expected " + message);
  };
  require(options.batch_size >= 1 && options.batch_size <= 1 << 20, "a batch size of 1 to 2^20");
  require(options.crop >= 1 && options.crop <= 16384, "a crop of 1 to 16384 pixels");
  require(options.channels != Channels::kAsStored, "1 or 3 channels");
  require(options.world_size >= 1 && options.rank < options.world_size, "a rank below world_size");
  require(options.window_samples >= 1, "a window of at least one sample");
  require(options.batches_in_flight >= 2, "at least 2 batches in flight");
  require(options.threads >= 0 && options.threads <= 4096, "0 to 4096 threads");
  if (options.threads == 0) options.threads = thread_count();
  if (options.resize_short == 0) options.resize_short = (options.crop * 256 + 112) / 224;
  require(options.resize_short >= options.crop, "resize_short of at least the crop");
  return options;
}

}  // namespace stoker
