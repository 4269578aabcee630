// Turning an image upright by its Exif orientation.
//
// Thread-safety: pure functions. Source: Exif 2.32, 4.6.4: the orientation says where row 0 and
// column 0 of the stored pixels belong (6: to the right and the top).
#pragma once

#include "libdata/core/arrays.h"
#include "libdata/image/resize.h"

namespace stoker {

// 5 to 8: rows become columns.
constexpr bool swaps_sides(int orientation) {
  return orientation >= 5;
}

constexpr ImageSize upright_size(ImageSize stored, int orientation) {
  return swaps_sides(orientation) ? ImageSize{stored.width, stored.height} : stored;
}

// The image as it is meant to be seen; equal to Pillow's ImageOps.exif_transpose. `orientation` is
// 1..8; InvalidArgument otherwise.
Image turn_upright(Image stored, int orientation);

}  // namespace stoker
