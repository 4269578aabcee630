// The run-length coding of BMP. For the bmp files only. Errors: Corrupt where it ends early.
#pragma once

#include "libdata/core/arrays.h"
#include "libdata/image/bmp_header.h"

namespace stoker {

// Palette indices, one a byte, rows from the top, into header.width * header.height bytes.
void decode_bmp_rle(ByteSpan bytes, const BmpHeader& header, uint8_t* indices);

}  // namespace stoker
