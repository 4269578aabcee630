// PNM (PBM, PGM, PPM; P1 to P6, plain and binary) to 8-bit pixels, as Pillow reads them.
//
// Samples are stretched from 0..maxval to 0..255, rounded half to even. Gray above maxval 255 is
// stretched to 16 bits, and the upper 8 are kept, as of every 16-bit gray here. One channel for P1,
// P2, P4 and P5, three for P3 and P6. Of several images in one file the first is read.
// Thread-safety: pure functions. Errors: Corrupt where header or samples are no numbers, too large
// (plain files; binary ones are clipped) or cut short; the latter before memory is taken.
// Not supported: PAM (P7), PFM.
// Source: the Netpbm format pages pbm(5), pgm(5), ppm(5).
#pragma once

#include "libdata/core/arrays.h"
#include "libdata/image/image_probe.h"

namespace stoker {

// "P1" to "P6", then white space or a comment.
bool is_pnm(ByteSpan bytes);

// probe_image for bytes of which is_pnm is true.
ImageInfo probe_pnm(ByteSpan bytes);

void decode_pnm(ByteSpan bytes, Image& out);

}  // namespace stoker
