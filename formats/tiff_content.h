// What the voxels of a TIFF are to be: which pages are taken, and what is advised where one is not.
#pragma once

#include <cstdint>

namespace stoker {

enum class TiffContent : uint8_t {
  kIntensity,  // gray, unsigned, 8 or 16 bits
  kLabel,      // numbers 0, 1, 2 of any sample type or palette
};

}  // namespace stoker
