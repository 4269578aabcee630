#include "libdata/image/image_codec.h"

#include <string>

#include "libdata/core/error.h"
#include "libdata/image/bmp.h"
#include "libdata/image/image_probe.h"
#include "libdata/image/png_decoder.h"
#include "libdata/image/pnm.h"
#include "libdata/image/tiff_image.h"
#include "libdata/image/webp.h"

namespace stoker {
namespace {

void check_size(const ImageInfo& info) {
  if (info.width <= kMaxImagePixels && info.height <= kMaxImagePixels &&
      info.width * info.height <= kMaxImagePixels)
    return;
  throw Error(ErrorCode::kUnsupported, "expected an image of at most 2^28 pixels, found " +
                                           std::to_string(info.width) + "x" +
                                           std::to_string(info.height));
}

void decode_kind(ByteSpan bytes, const ImageInfo& info, Image& out) {
  switch (info.kind) {
    case ImageKind::kUnknown:
      throw Error(ErrorCode::kCorrupt,
                  bytes.empty() ? "expected an image, found no bytes"
                                : "expected a JPEG, PNG, TIFF, WebP, BMP or PNM image, found bytes "
                                  "of no known kind");
    case ImageKind::kGif:
      throw Error(ErrorCode::kUnsupported, "GIF images are not read; convert them to PNG");
    case ImageKind::kJpeg:
      return decode_jpeg(bytes, Channels::kAsStored, out);
    case ImageKind::kPng:
      return decode_png(bytes, info, out);
    case ImageKind::kTiff:
      return decode_tiff_image(bytes, info, out);
    case ImageKind::kWebp:
      return decode_webp(bytes, info, out);
    case ImageKind::kBmp:
      return decode_bmp(bytes, out);
    case ImageKind::kPnm:
      return decode_pnm(bytes, out);
  }
}

std::string shape_text(int64_t height, int64_t width, int64_t channels) {
  return std::to_string(height) + "x" + std::to_string(width) + "x" + std::to_string(channels);
}

// The header is what packing writes into the index: pixels that differ would be refused later.
void check_promise_kept(const ImageInfo& info, const Image& image) {
  if (image.height == info.height && image.width == info.width && image.channels == info.channels)
    return;
  throw Error(ErrorCode::kCorrupt, "the header says " +
                                       shape_text(info.height, info.width, info.channels) +
                                       " (height, width, channels), the pixels are " +
                                       shape_text(image.height, image.width, image.channels));
}

}  // namespace

void decode_image(ByteSpan bytes, Channels channels, Image& out) {
  const ImageInfo info = probe_image(bytes);
  check_size(info);
  decode_kind(bytes, info, out);
  check_promise_kept(info, out);
  convert_channels(out, channels);
}

Image decode_image(ByteSpan bytes, Channels channels) {
  Image image;
  decode_image(bytes, channels, image);
  return image;
}

}  // namespace stoker
