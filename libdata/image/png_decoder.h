// PNG to 8-bit pixels, through libpng.
//
// Palettes are expanded, alpha is dropped without blending, of 16 bits the upper 8 are kept; gray
// of fewer bits is stretched to 0..255. One channel for gray without alpha, three for all others.
// Nothing is corrected by gamma or profile; what libpng only warns of (a broken profile, a wrong
// CRC of a chunk that pixels do not need) is let pass in silence.
// Thread-safety: a pure function. Errors: Corrupt where the file does not decode to its end chunk,
// where a pixel points behind its palette, and where the header promises more than the bytes can
// hold (deflate expands at most 1032 times), before memory is taken.
#pragma once

#include "libdata/core/arrays.h"
#include "libdata/image/image_probe.h"

namespace stoker {

// `info` is probe_image's for the same bytes.
void decode_png(ByteSpan bytes, const ImageInfo& info, Image& out);

}  // namespace stoker
