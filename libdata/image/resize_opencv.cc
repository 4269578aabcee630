// In a file of its own: programs that do not compare with OpenCV need not load it.
#include <opencv2/imgproc.hpp>
#include <string>

#include "libdata/core/error.h"
#include "libdata/image/resize.h"

namespace stoker {

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
