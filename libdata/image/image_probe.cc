#include "libdata/image/image_probe.h"

#include <array>
#include <string>

#include "libdata/image/bmp.h"
#include "libdata/image/header_reader.h"
#include "libdata/image/jpeg_probe.h"
#include "libdata/image/png_probe.h"
#include "libdata/image/pnm.h"
#include "libdata/image/tiff_probe.h"
#include "libdata/image/webp.h"

namespace stoker {
namespace {

ImageInfo probe_gif(ByteSpan bytes) {
  ImageInfo info;
  info.kind = ImageKind::kGif;
  HeaderReader reader(bytes, 6, false);
  info.width = reader.u16();
  info.height = reader.u16();
  info.channels = 3;
  return info;
}

ImageInfo probe_kind(ByteSpan bytes) {
  switch (image_kind(bytes)) {
    case ImageKind::kUnknown:
      break;
    case ImageKind::kJpeg:
      return probe_jpeg(bytes);
    case ImageKind::kPng:
      return probe_png(bytes);
    case ImageKind::kBmp:
      return probe_bmp(bytes);
    case ImageKind::kWebp:
      return probe_webp(bytes);
    case ImageKind::kTiff:
      return probe_tiff(bytes);
    case ImageKind::kGif:
      return probe_gif(bytes);
    case ImageKind::kPnm:
      return probe_pnm(bytes);
  }
  return {};
}

}  // namespace

ImageKind image_kind(ByteSpan bytes) {
  if (starts_with(bytes, "\xFF\xD8\xFF")) return ImageKind::kJpeg;
  if (starts_with(bytes, "\x89PNG\r\n\x1a\n")) return ImageKind::kPng;
  if (starts_with(bytes, "RIFF") && starts_with(bytes, "WEBP", 8)) return ImageKind::kWebp;
  if (starts_with(bytes, "GIF87a") || starts_with(bytes, "GIF89a")) return ImageKind::kGif;
  using std::string_view_literals::operator""sv;
  if (starts_with(bytes, "II*\0"sv) || starts_with(bytes, "MM\0*"sv)) return ImageKind::kTiff;
  if (starts_with(bytes, "BM") && bytes.size() >= 26) return ImageKind::kBmp;
  if (is_pnm(bytes)) return ImageKind::kPnm;
  return ImageKind::kUnknown;
}

ImageInfo probe_image(ByteSpan bytes) {
  const ImageInfo info = probe_kind(bytes);
  if (info.kind != ImageKind::kUnknown && (info.width <= 0 || info.height <= 0))
    throw Error(ErrorCode::kCorrupt, "expected a width and height above 0, found " +
                                         std::to_string(info.width) + "x" +
                                         std::to_string(info.height));
  return info;
}

std::string_view image_kind_name(ImageKind kind) {
  constexpr std::array<std::string_view, 8> kNames{"unknown", "jpeg", "png", "bmp",
                                                   "webp",    "tiff", "gif", "pnm"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view jpeg_color_name(JpegColor color) {
  constexpr std::array<std::string_view, 6> kNames{"unknown", "gray", "YCbCr",
                                                   "RGB",     "CMYK", "YCCK"};
  return kNames[static_cast<size_t>(color)];
}

std::string_view subsampling_name(Subsampling sampling) {
  constexpr std::array<std::string_view, 7> kNames{"",      "4:4:4", "4:2:2", "4:2:0",
                                                   "4:4:0", "4:1:1", "other"};
  return kNames[static_cast<size_t>(sampling)];
}

}  // namespace stoker
