// Any image file to 8-bit pixels. The kind is found by magic bytes.
//
// Pixels are those of Pillow's convert("RGB"), each kind by the rules of its own header (jpeg.h,
// png_decoder.h, tiff_image.h, webp.h, bmp.h, pnm.h). For all: alpha is dropped without blending,
// palettes are expanded, of 16 bits the upper 8 are kept (Pillow does so for 16-bit colour; its
// clipping of 16-bit gray is not copied), pixels lie as they are stored (orientation.h turns them).
// One channel for gray without alpha, three for all others.
// Thread-safety: pure functions. Ownership: as in jpeg.h.
// Errors: Corrupt where the bytes are of no known kind, do not decode to the end, or decode to
// another size or number of channels than probe_image tells; Unsupported for GIF, for other pixels
// than those headers name, and above kMaxImagePixels. No library writes to stdout or stderr.
// Not supported: animation and pages behind the first, colour profiles.
#pragma once

#include "libdata/core/arrays.h"
#include "libdata/image/jpeg.h"

namespace stoker {

void decode_image(ByteSpan bytes, Channels channels, Image& out);
Image decode_image(ByteSpan bytes, Channels channels = Channels::kAsStored);

// 8-bit gray or RGB; for montages, panels and tests. InvalidArgument for other channels and for
// pixels that do not fill the shape.
Bytes encode_png(const Image& image);

}  // namespace stoker
