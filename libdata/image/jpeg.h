// JPEG to pixels and back, as torchvision and Pillow see them.
//
// Pixels equal those of Pillow: accurate integer DCT, fancy chroma upsampling, CMYK and YCCK read
// as Adobe writes them (inverted) and turned to RGB as Pillow's convert("RGB") does, EXIF
// orientation ignored, gray replicated where three channels are asked for.
//
// Thread-safety: the functions are pure; use one JpegDecoder per thread.
// Ownership: `out` is the caller's; its memory is reused where it is large enough. After an error
// its content is unspecified.
// Errors: Corrupt where the file is not a JPEG, ends before its end-of-image marker, or its coded
// data contradicts itself (bad Huffman code, missing restart marker). What leaves the pixels whole
// is let pass: extraneous bytes before a marker, broken EXIF, unknown APPn. Unsupported for what
// libjpeg-turbo does not read (12 bits, lossless, hierarchical) and above kMaxImagePixels.
// A header that promises more than the bytes can hold is Corrupt before memory is taken: Huffman
// coding spends at least one bit on each 8x8 block of the first component, so an image of more than
// 512 pixels a byte cannot be whole. (Arithmetic coding has no such floor; 65536 pixels a byte is
// the limit there.)
// Source: libjpeg-turbo, jpeglib.h.
#pragma once

#include <cstdint>

#include "libdata/core/arrays.h"
#include "libdata/image/image_probe.h"
#include "libdata/image/pixel_convert.h"

namespace stoker {

// 2^28: 16384 x 16384.
inline constexpr int64_t kMaxImagePixels = int64_t{1} << 28;

// libjpeg's own limit for what it writes.
inline constexpr int64_t kMaxJpegSide = 65500;

void decode_jpeg(ByteSpan bytes, Channels channels, Image& out);
Image decode_jpeg(ByteSpan bytes, Channels channels = Channels::kAsStored);

struct JpegEncodeOptions {
  int quality = 90;                             // 1..100, libjpeg's scale
  Subsampling subsampling = Subsampling::k420;  // ignored for gray
  bool optimize_huffman = false;                // 2 to 5 % smaller, about a quarter slower
};

// Baseline JPEG of a 1- or 3-channel image. InvalidArgument for other shapes and options.
Bytes encode_jpeg(const Image& image, const JpegEncodeOptions& options = {});

}  // namespace stoker
