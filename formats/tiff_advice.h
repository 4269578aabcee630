// The way out that errors name for TIFF pages that are not read as they are.
//
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <string>

namespace stoker {

// A sample of a page, as its directory says: TIFF's numbers.
struct TiffSample {
  uint16_t bits = 8;
  uint16_t format = 1;       // SampleFormat: 1 unsigned, 2 signed, 3 float, 5 and 6 complex
  uint16_t samples = 1;      // a pixel
  uint16_t photometric = 1;  // 0 white is zero, 1 black is zero, 2 RGB, 3 palette ...
};

// "float of 32 bits", "colour (3 samples a pixel, photometric 2)" ...
std::string kind_of(const TiffSample& sample);

// "; convert it, for example: python3 -c ..."
std::string image_conversion(const TiffSample& sample);
std::string label_conversion(const TiffSample& sample);

}  // namespace stoker
