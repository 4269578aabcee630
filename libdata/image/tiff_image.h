// A TIFF's first page to 8-bit pixels, through libtiff, as Pillow's convert("RGB") gives it.
//
// Gray and palettes of 1, 2, 4, 8 (gray: also 16) bits, RGB and CMYK of 8 or 16, YCbCr of 8; strips
// or tiles, one plane or several, every compression that libtiff was built with. Of 16 bits the
// upper 8 are kept, fewer than 8 are stretched to 0..255, white-is-zero is inverted. Alpha is
// dropped; colours that were multiplied by it (associated alpha) are divided again, as Pillow does.
// Rows lie as they are stored, whatever the Orientation tag says (Pillow turns them on loading).
// One channel for gray without alpha, three for all others.
// Thread-safety: a pure function. Errors: Corrupt where strips are cut short or damaged, or the
// header promises more than the bytes can hold, before memory is taken; Unsupported for other
// pixels: floating point, signed, Lab, 12 or 32 bits, gray of several samples.
// Source: TIFF 6.0; libtiff, TIFFReadEncodedStrip, TIFFReadEncodedTile, TIFFRGBAImage.
#pragma once

#include "libdata/core/arrays.h"
#include "libdata/image/image_probe.h"

namespace stoker {

// `info` is probe_image's for the same bytes.
void decode_tiff_image(ByteSpan bytes, const ImageInfo& info, Image& out);

}  // namespace stoker
