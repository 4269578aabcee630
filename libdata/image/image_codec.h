// Any image file to 8-bit pixels. The kind is found by magic bytes.
//
// JPEG goes through jpeg.h. PNG, BMP, WebP and TIFF go through OpenCV: alpha is dropped without
// blending and palettes are expanded, as Pillow's convert("RGB") does; of 16 bits the upper 8 are
// kept (Pillow does so for 16-bit colour; its clipping of 16-bit gray is not copied).
// Thread-safety: pure functions. Ownership: as in jpeg.h.
// Errors: Corrupt where the bytes are of no known kind or do not decode to the end; Unsupported for
// GIF, for floating-point or more than 16-bit pixels, and above kMaxImagePixels. Dimensions are
// checked against what the bytes can hold (PNG: deflate expands at most 1032 times; BMP without
// RLE: exact) before memory is taken.
// Not supported: animation (the first frame is read), colour profiles, EXIF rotation (never done).
#pragma once

#include "libdata/core/arrays.h"
#include "libdata/image/jpeg.h"

namespace stoker {

void decode_image(ByteSpan bytes, Channels channels, Image& out);
Image decode_image(ByteSpan bytes, Channels channels = Channels::kAsStored);

Bytes encode_png(const Image& image);  // 1 or 3 channels; for montages and tests

}  // namespace stoker
