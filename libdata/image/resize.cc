#include "libdata/image/resize.h"

#include <algorithm>
#include <string>

#include "libdata/core/error.h"
#include "libdata/image/crop_resize.h"

namespace stoker {
namespace {

// numerator * factor / denominator, rounded to nearest, at least 1.
int64_t scaled_side(int64_t side, int64_t numerator, int64_t denominator) {
  return std::max<int64_t>(1, (side * numerator + denominator / 2) / denominator);
}

ImageSize scale_to(ImageSize size, int64_t side, int64_t limit) {
  if (limit < 1)
    throw Error(ErrorCode::kInvalidArgument,
                "expected a side limit above 0, found " + std::to_string(limit));
  if (side <= limit) return size;
  return {scaled_side(size.height, limit, side), scaled_side(size.width, limit, side)};
}

}  // namespace

ImageSize fit_max_side(ImageSize size, int64_t limit) {
  return scale_to(size, std::max(size.height, size.width), limit);
}

ImageSize fit_short_side(ImageSize size, int64_t limit) {
  return scale_to(size, std::min(size.height, size.width), limit);
}

Image resize_area(const Image& image, ImageSize size) {
  if (image.height < 1 || image.width < 1 || size.height < 1 || size.width < 1)
    throw Error(ErrorCode::kInvalidArgument, "expected an image and a target of at least 1x1");
  Image out{size.height, size.width, image.channels, {}};
  out.pixels.resize(static_cast<size_t>(size.height * size.width * image.channels));
  const CropBox whole{0, 0, static_cast<double>(image.height), static_cast<double>(image.width)};
  CropResizer resizer;
  crop_and_resize(image, whole, false, size, resizer, out.pixels.data());
  return out;
}

}  // namespace stoker
