// probe_image for bytes that begin as a TIFF does. Errors: as there.
#pragma once

#include "libdata/image/image_probe.h"

namespace stoker {

// Reads the first directory; more of them set more_frames.
ImageInfo probe_tiff(ByteSpan bytes);

}  // namespace stoker
