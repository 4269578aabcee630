#include "libdata/image/image_draw.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <string>

#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_PLAIN;
constexpr double kFontScale = 0.8;
constexpr int kBaselineFromTop = 11;

std::string printable(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return out;
}

}  // namespace

Image make_canvas(int64_t height, int64_t width, uint8_t gray) {
  return {height, width, 3, Bytes(static_cast<size_t>(height * width * 3), gray)};
}

void draw_image(Image& canvas, const Image& tile, int64_t y, int64_t x) {
  if (canvas.channels != 3 || (tile.channels != 1 && tile.channels != 3)) {
    throw Error(ErrorCode::kInvalidArgument, "draw_image: expected 3 channels on 1 or 3");
  }
  for (int64_t v = std::max<int64_t>(0, -y); v < std::min(tile.height, canvas.height - y); ++v) {
    for (int64_t u = std::max<int64_t>(0, -x); u < std::min(tile.width, canvas.width - x); ++u) {
      for (int64_t c = 0; c < 3; ++c) {
        const int64_t from = (v * tile.width + u) * tile.channels + (tile.channels == 3 ? c : 0);
        const int64_t to = ((y + v) * canvas.width + x + u) * 3 + c;
        canvas.pixels[static_cast<size_t>(to)] = tile.pixels[static_cast<size_t>(from)];
      }
    }
  }
}

int64_t text_width(std::string_view text) {
  int below = 0;
  return cv::getTextSize(printable(text), kFont, kFontScale, 1, &below).width;
}

void draw_text(Image& canvas, std::string_view text, int64_t y, int64_t x, int64_t width) {
  std::string line = printable(text);
  while (!line.empty() && text_width(line) > width)
    line.pop_back();
  try {
    cv::Mat pixels(static_cast<int>(canvas.height), static_cast<int>(canvas.width), CV_8UC3,
                   canvas.pixels.data());
    cv::putText(pixels, line, {static_cast<int>(x), static_cast<int>(y) + kBaselineFromTop}, kFont,
                kFontScale, cv::Scalar::all(255), 1, cv::LINE_AA);
  } catch (const cv::Exception& error) {
    throw Error(ErrorCode::kInternal, std::string("OpenCV text: ") + error.what());
  }
}

}  // namespace stoker
