#include "libdata/image/pixel_convert.h"

namespace stoker {
namespace {

// a * b / 255, rounded to nearest, without a division.
uint32_t multiply_255(uint32_t a, uint32_t b) {
  const uint32_t product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

}  // namespace

void convert_channels(Image& image, Channels channels) {
  const int64_t count = image.height * image.width;
  if (channels == Channels::kRgb && image.channels == 1) {
    image.pixels.resize(static_cast<size_t>(3 * count));
    gray_to_rgb(image.pixels.data(), count);
    image.channels = 3;
  } else if (channels == Channels::kGray && image.channels == 3) {
    rgb_to_gray(image.pixels, image.pixels.data());
    image.pixels.resize(static_cast<size_t>(count));
    image.channels = 1;
  }
}

void inverted_cmyk_to_rgb(std::span<const uint8_t> cmyk, uint8_t* rgb) {
  for (size_t i = 0; i + 4 <= cmyk.size(); i += 4, rgb += 3) {
    const uint32_t white = cmyk[i + 3];
    const uint32_t r = white - multiply_255(255u - cmyk[i], white);
    const uint32_t g = white - multiply_255(255u - cmyk[i + 1], white);
    const uint32_t b = white - multiply_255(255u - cmyk[i + 2], white);
    rgb[0] = static_cast<uint8_t>(r);
    rgb[1] = static_cast<uint8_t>(g);
    rgb[2] = static_cast<uint8_t>(b);
  }
}

void rgb_to_gray(std::span<const uint8_t> rgb, uint8_t* gray) {
  for (size_t i = 0; i + 3 <= rgb.size(); i += 3)
    *gray++ = static_cast<uint8_t>(
        (rgb[i] * 19595u + rgb[i + 1] * 38470u + rgb[i + 2] * 7471u + 0x8000u) >> 16);
}

void gray_to_rgb(uint8_t* pixels, int64_t count) {
  for (int64_t i = count - 1; i >= 0; --i) {
    const uint8_t value = pixels[i];
    pixels[3 * i] = value;
    pixels[3 * i + 1] = value;
    pixels[3 * i + 2] = value;
  }
}

}  // namespace stoker
