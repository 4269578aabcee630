#include "libdata/loader/sample_geometry.h"

#include <algorithm>
#include <cmath>

#include "libdata/core/random.h"

namespace stoker {

SampleGeometry draw_geometry(const ImageLoaderOptions& options, int64_t crop, ImageSize image,
                             uint64_t epoch, uint64_t sample_id) {
  if (!options.training)
    return {resize_center_crop(image, resize_short_for(options, crop), crop), false, crop};
  RandomStream stream(options.seed, epoch, sample_id);
  const CropBox box = random_resized_crop(image, options.random_crop, stream);
  return {box, stream.next_double() < options.flip_probability, crop};
}

PixelRegion covered_pixels(const CropBox& box, ImageSize image) {
  const int64_t top = std::clamp<int64_t>(std::llrint(std::floor(box.top)), 0, image.height - 1);
  const int64_t left = std::clamp<int64_t>(std::llrint(std::floor(box.left)), 0, image.width - 1);
  const int64_t bottom =
      std::min<int64_t>(image.height, std::llrint(std::ceil(box.top + box.height)));
  const int64_t right =
      std::min<int64_t>(image.width, std::llrint(std::ceil(box.left + box.width)));
  return {top, left, bottom - top, right - left};
}

}  // namespace stoker
