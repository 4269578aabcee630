// The images of tests/golden/image (written by Pillow, see generate_images.py), and one to draw.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "libdata/core/files.h"

namespace stoker {

inline std::string golden_path(const std::string& name) {
  return std::string(STOKER_SOURCE_DIR) + "/tests/golden/image/" + name;
}

inline Bytes golden(const std::string& name) {
  return read_file(golden_path(name));
}

struct GoldenImage {
  std::string name;
  int64_t height;
  int64_t width;
};

inline std::vector<GoldenImage> golden_images() {
  std::ifstream list(golden_path("golden.txt"));
  std::vector<GoldenImage> images;
  for (GoldenImage image; list >> image.name >> image.height >> image.width;)
    images.push_back(image);
  return images;
}

inline bool is_golden_jpeg(const GoldenImage& image) {
  return image.name.ends_with(".jpg");
}

// Smooth gradients with a fine pattern on top: every pixel differs from its neighbours.
inline Image textured_image(int64_t height, int64_t width, int64_t channels) {
  Image image{height, width, channels, {}};
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < channels; ++c)
        image.pixels.push_back(static_cast<uint8_t>((y * 3 + x * (2 + c) + (x * y) % 31) & 255));
  return image;
}

}  // namespace stoker
