// probe_image for bytes that begin as a PNG does. Errors: as there.
#pragma once

#include "libdata/image/image_probe.h"

namespace stoker {

// Reads IHDR, then steps from chunk to chunk: eXIf may stand behind the pixels.
ImageInfo probe_png(ByteSpan bytes);

}  // namespace stoker
