// BMP to 8-bit pixels, as Pillow reads it.
//
// Headers of OS/2 1 (12 bytes) and Windows 3 to 5 (40, 52, 56, 64, 108, 124 bytes), rows from the
// bottom or the top; 1, 4 and 8 bits with a palette, plain or run-length coded; 16 bits as 5-5-5 or
// 5-6-5, stretched to 0..255; 24 and 32 bits, alpha or a fourth byte dropped. One channel where the
// palette is all gray, three for all others.
// Thread-safety: pure functions. Errors: Corrupt where pixels are cut short, before memory is taken
// (run-length coding: while decoding), or point behind the palette; Unsupported for other headers,
// bit masks and codings.
// Source: the BITMAPINFOHEADER family as Microsoft documents it. Pixels that run-length coding
// skips are of colour 0.
#pragma once

#include "libdata/core/arrays.h"
#include "libdata/image/image_probe.h"

namespace stoker {

// probe_image for bytes that begin "BM".
ImageInfo probe_bmp(ByteSpan bytes);

void decode_bmp(ByteSpan bytes, Image& out);

}  // namespace stoker
