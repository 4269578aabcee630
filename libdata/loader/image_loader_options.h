// How a loader of images reads, crops and batches.
//
// Values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libdata/core/hash.h"
#include "libdata/image/crop_geometry.h"
#include "libdata/image/pixel_convert.h"
#include "libdata/loader/epoch_order.h"
#include "libdata/loader/loader_options.h"

namespace stoker {

enum class Delivery : uint8_t {
  kCrops,   // NHWC uint8, cropped, resized and flipped on the CPU
  kRagged,  // stored pixels around each crop, one after another, and what to cut out of them
};

// What the batches of an epoch are.
struct ImageBatchSize {
  int64_t batch_size = 0;  // on this rank; 0: ImageLoaderOptions::batch_size
  int64_t crop = 0;        // side; 0: ImageLoaderOptions::crop
};

struct ImageLoaderOptions {
  int64_t batch_size = 256;  // on this rank
  int64_t crop = 224;        // side of the square the model sees
  // What epochs may ask for beside these two, or less; buffers have room for the largest.
  std::vector<ImageBatchSize> more_sizes = {};
  Channels channels = Channels::kRgb;  // kRgb or kGray
  Delivery delivery = Delivery::kCrops;

  bool training = true;  // random resized crop and flip; else resize the shorter side, centre crop
  RandomResizedCrop random_crop = {};
  double flip_probability = 0.5;
  // Evaluation: what the shorter side is resized to, where the crop is `crop`; other crops take it
  // in proportion, rounded. 0: crop * 256 / 224, rounded.
  int64_t resize_short = 0;

  uint64_t seed = 0;
  SampleOrder order = SampleOrder::kRandom;
  uint64_t window_samples = 16384;  // for SampleOrder::kWindow
  EpochTail tail = EpochTail::kShort;
  uint32_t rank = 0;
  uint32_t world_size = 1;

  int threads = 0;               // 0: all cores
  size_t batches_in_flight = 4;  // being filled, ready, or leased; at least 2
  OnError on_error = OnError::kStop;
  IoMode io = IoMode::kMmap;
  HashCheck check_hashes = HashCheck::where_cheap();  // of each record, before it is used
  bool fast_scale = false;  // decode at 1/2, 1/4, 1/8 where the crop is more than twice the target
  // Delivery::kRagged: an image whose part to deliver is larger comes already cut to crop x crop.
  // 0: four times the bytes of a crop.
  size_t max_ragged_image_bytes = 0;

  // For measurements: leave out a step of the fast path, to see what it is worth.
  struct Ablation {
    bool full_decode = false;    // every JPEG decoded whole
    bool opencv_resize = false;  // OpenCV's INTER_AREA in place of crop_resize.h
  } ablation = {};

  std::string image_field = "image";
  std::string label_field = "label";  // labels are -1 where the data set has no such field
  int64_t class_count = 0;  // a label outside 0 .. class_count - 1 is damage; 0: any label goes
  std::optional<BufferSource> buffers = std::nullopt;  // of whole blocks (image_batch.h)
};

// Fills in what follows from other options; InvalidArgument for what makes no sense.
ImageLoaderOptions check_loader_options(ImageLoaderOptions options);

ImageBatchSize settled(ImageBatchSize size, const ImageLoaderOptions& options);
// batch_size and crop themselves, then more_sizes, settled.
std::vector<ImageBatchSize> all_sizes(const ImageLoaderOptions& options);
// Whether one of them is no smaller, in batch size and crop.
bool holds(const ImageLoaderOptions& options, const ImageBatchSize& size);

// The side that evaluation resizes to before it cuts `crop` out of the middle.
int64_t resize_short_for(const ImageLoaderOptions& options, int64_t crop);

}  // namespace stoker
