#include "libdata/image/resize.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
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

void resize_area_opencv(const uint8_t* pixels, size_t row_bytes, ImageSize from, int64_t channels,
                        bool flip, ImageSize to, uint8_t* out) {
  static const bool kOneThread = (cv::setNumThreads(1), true);  // callers have threads of their own
  static_cast<void>(kOneThread);
  const int type = CV_MAKETYPE(CV_8U, static_cast<int>(channels));
  const cv::Mat source(static_cast<int>(from.height), static_cast<int>(from.width), type,
                       const_cast<uint8_t*>(pixels), row_bytes);
  cv::Mat target(static_cast<int>(to.height), static_cast<int>(to.width), type, out);
  try {
    cv::resize(source, target, target.size(), 0, 0, cv::INTER_AREA);
    if (flip) cv::flip(target, target, 1);
  } catch (const cv::Exception& error) {
    throw Error(ErrorCode::kInternal, std::string("OpenCV resize: ") + error.what());
  }
}

}  // namespace stoker
