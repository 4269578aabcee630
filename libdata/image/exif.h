// The one thing of Exif that touches pixels: how they lie.
//
// Thread-safety: a pure function. Source: Exif 2.32, 4.6.4 (tag 0x0112); TIFF 6.0 for its frame.
#pragma once

#include "libdata/core/arrays.h"

namespace stoker {

// The Orientation tag of an Exif block (which begins "II" or "MM"), 1..8. Anything odd means 1:
// broken Exif is common and does not touch the pixels.
int exif_orientation(ByteSpan exif);

}  // namespace stoker
