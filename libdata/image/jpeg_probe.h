// probe_image for bytes that begin as a JPEG does. Errors: as there.
#pragma once

#include "libdata/image/image_probe.h"

namespace stoker {

// Walks the markers up to the first scan; the frame header (SOFn) must have come by then.
ImageInfo probe_jpeg(ByteSpan bytes);

}  // namespace stoker
