#include "libdata/image/image_probe.h"

#include <algorithm>
#include <array>
#include <string>

#include "libdata/image/header_reader.h"
#include "libdata/image/jpeg_probe.h"

namespace stoker {
namespace {

void set_size(ImageInfo& info, int64_t width, int64_t height, uint64_t offset_bytes) {
  if (width <= 0 || height <= 0)
    HeaderReader::fail("expected a width and height above 0, found " + std::to_string(width) + "x" +
                           std::to_string(height),
                       offset_bytes);
  info.width = width;
  info.height = height;
}

// Width is tag 256, height 257 of the first directory; their values are SHORT or LONG.
void probe_tiff(ByteSpan bytes, ImageInfo& info) {
  const bool big_endian = bytes[0] == 'M';
  HeaderReader reader(bytes, 4, big_endian);
  reader.seek(reader.u32());
  int64_t width = 0;
  int64_t height = 0;
  for (uint32_t entries = reader.u16(); entries > 0; --entries) {
    const uint32_t tag = reader.u16();
    const uint32_t type = reader.u16();
    reader.skip(4);
    HeaderReader value(bytes, reader.position(), big_endian);
    reader.skip(4);
    if (tag == 256) width = type == 3 ? value.u16() : value.u32();
    if (tag == 257) height = type == 3 ? value.u16() : value.u32();
  }
  set_size(info, width, height, reader.position());
}

void probe_webp(ByteSpan bytes, ImageInfo& info) {
  HeaderReader reader(bytes, 12, false);
  const std::string_view chunk = as_text(reader.take(4));
  reader.skip(4);
  if (chunk == "VP8X") {
    reader.skip(4);
    const ByteSpan b = reader.take(6);
    set_size(info, 1 + (b[0] | b[1] << 8 | b[2] << 16), 1 + (b[3] | b[4] << 8 | b[5] << 16), 24);
  } else if (chunk == "VP8L") {
    reader.skip(1);
    const uint32_t bits = reader.u32();
    set_size(info, 1 + (bits & 0x3fff), 1 + ((bits >> 14) & 0x3fff), 21);
  } else if (chunk == "VP8 ") {
    reader.skip(6);
    const uint32_t width = reader.u16() & 0x3fff;
    set_size(info, width, reader.u16() & 0x3fff, 26);
  } else {
    HeaderReader::fail("expected a VP8, VP8L or VP8X chunk in the WebP file", 12);
  }
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
  return ImageKind::kUnknown;
}

ImageInfo probe_image(ByteSpan bytes) {
  ImageInfo info;
  info.kind = image_kind(bytes);
  switch (info.kind) {
    case ImageKind::kUnknown:
      break;
    case ImageKind::kJpeg:
      return probe_jpeg(bytes);
    case ImageKind::kTiff:
      probe_tiff(bytes, info);
      break;
    case ImageKind::kWebp:
      probe_webp(bytes, info);
      break;
    case ImageKind::kPng: {
      HeaderReader reader(bytes, 16, true);
      const int64_t width = reader.u32();
      set_size(info, width, reader.u32(), 16);
      break;
    }
    case ImageKind::kGif: {
      HeaderReader reader(bytes, 6, false);
      const int64_t width = reader.u16();
      set_size(info, width, reader.u16(), 6);
      break;
    }
    case ImageKind::kBmp: {
      HeaderReader reader(bytes, 14, false);
      const bool os2 = reader.u32() == 12;
      const int64_t width = os2 ? reader.u16() : static_cast<int32_t>(reader.u32());
      const int64_t height = os2 ? reader.u16() : static_cast<int32_t>(reader.u32());
      set_size(info, width, std::max(height, -height), 18);  // below 0: rows from the top
      break;
    }
  }
  return info;
}

std::string_view image_kind_name(ImageKind kind) {
  constexpr std::array<std::string_view, 7> kNames{"unknown", "jpeg", "png", "bmp",
                                                   "webp",    "tiff", "gif"};
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
