// A made-up piece of a scroll: spiral sheets with texture and noise, and labels as the Vesuvius
// "Surface Detection" challenge has them. The geometry is invented, so accuracy on it says nothing
// about real scrolls; its statistics (sheet pitch and thickness, shares of the labels, zero margin)
// are near the real ones.
//
// A pure function of size and seed, the same for any number of threads. Needs 9 bytes a voxel.
#pragma once

#include <cstdint>

#include "libdata/core/arrays.h"

namespace stoker {

inline constexpr int64_t kScrollMarginVoxels = 3;  // of zeros, at both ends of y and x

struct DrawnScroll {
  Volume<uint8_t> image;  // 0..255, zero in the margin
  Volume<uint8_t> label;  // 0 background, 1 surface, 2 unlabelled: about 33, 8 and 59 %
};

// A cube of `size` voxels along each axis. Precondition: 16 <= size <= 1024.
DrawnScroll draw_scroll(int64_t size, uint64_t seed);

}  // namespace stoker
