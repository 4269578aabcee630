// Changing the size of a whole image, for packing.
//
// Thread-safety: pure functions. Errors: InvalidArgument for an empty image or target.
#pragma once

#include <cstddef>
#include <cstdint>

#include "libdata/core/arrays.h"

namespace stoker {

struct ImageSize {
  int64_t height = 0;
  int64_t width = 0;
  bool operator==(const ImageSize&) const = default;
};

// Each output pixel is the mean of the source area under it, as OpenCV's INTER_AREA has it. Meant
// for shrinking; when an axis grows it is interpolated linearly. 1 or 3 channels (crop_resize.h).
Image resize_area(const Image& image, ImageSize size);

// OpenCV's own INTER_AREA, for comparison: bench-loader's ablation and tests. `out` is contiguous.
void resize_area_opencv(const uint8_t* pixels, size_t row_bytes, ImageSize from, int64_t channels,
                        bool flip, ImageSize to, uint8_t* out);

// The size with the longer (shorter) side at most `limit` and the aspect ratio kept, rounded to the
// nearest pixel, at least 1. A smaller image keeps its size: packing never enlarges.
ImageSize fit_max_side(ImageSize size, int64_t limit);
ImageSize fit_short_side(ImageSize size, int64_t limit);

}  // namespace stoker
