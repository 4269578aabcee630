// Changing the size of a whole image, for packing.
//
// Thread-safety: pure functions. Errors: InvalidArgument for an empty image or target.
#pragma once

#include <cstdint>

#include "libdata/core/arrays.h"

namespace stoker {

struct ImageSize {
  int64_t height = 0;
  int64_t width = 0;
  bool operator==(const ImageSize&) const = default;
};

// Each output pixel is the mean of the source area under it (OpenCV's INTER_AREA, which FFCV packs
// with). Meant for shrinking; when an axis grows it is interpolated linearly.
Image resize_area(const Image& image, ImageSize size);

// The size with the longer (shorter) side at most `limit` and the aspect ratio kept, rounded to the
// nearest pixel, at least 1. A smaller image keeps its size: packing never enlarges.
ImageSize fit_max_side(ImageSize size, int64_t limit);
ImageSize fit_short_side(ImageSize size, int64_t limit);

}  // namespace stoker
