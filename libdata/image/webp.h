// WebP to 8-bit RGB, through libwebp.
//
// Alpha is dropped without blending. Of an animation the first frame is read, on the black canvas
// it is drawn on. Always three channels.
// Thread-safety: pure functions. Errors: Corrupt where the container or the coded data is cut short
// or damaged.
// Source: the WebP container specification; libwebp, decode.h and demux.h.
#pragma once

#include "libdata/core/arrays.h"
#include "libdata/image/image_probe.h"

namespace stoker {

// probe_image for bytes that begin as a WebP does. The size is the canvas's.
ImageInfo probe_webp(ByteSpan bytes);

// `info` is probe_image's for the same bytes.
void decode_webp(ByteSpan bytes, const ImageInfo& info, Image& out);

}  // namespace stoker
