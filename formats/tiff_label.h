// Labels from pages of any sample type that can hold them; for the files of formats/tiff only.
//
// Thread-safety: pure functions. Errors: Corrupt for a value other than 0, 1 and 2, with y and x.
#pragma once

#include "formats/tiff_page.h"
#include "libdata/core/arrays.h"

namespace stoker {

// Whether labels are read from such samples: integers of 1, 2, 4, 8, 16, 32 or 64 bits, floats of
// 32 or 64.
bool can_hold_labels(const TiffSample& sample);

// `stored` are the page's rows as decode_tiff_page gives them; `out` takes a byte a voxel.
void labels_from_page(const TiffPage& page, ByteSpan stored, uint8_t* out);

}  // namespace stoker
