#include "libdata/image/jpeg_probe.h"

#include <array>
#include <string>

#include "libdata/image/exif.h"
#include "libdata/image/header_reader.h"

namespace stoker {
namespace {

struct JpegComponent {
  uint32_t id;
  uint32_t horizontal;
  uint32_t vertical;
};

// What the markers before the frame header say about colour.
struct JpegMarkers {
  bool jfif = false;
  bool adobe = false;
  uint32_t adobe_transform = 0;
};

JpegColor three_component_color(const std::array<JpegComponent, 4>& c, const JpegMarkers& markers) {
  if (markers.jfif) return JpegColor::kYCbCr;
  if (markers.adobe) return markers.adobe_transform == 0 ? JpegColor::kRgb : JpegColor::kYCbCr;
  return c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B' ? JpegColor::kRgb : JpegColor::kYCbCr;
}

JpegColor jpeg_color(int components, const std::array<JpegComponent, 4>& c,
                     const JpegMarkers& markers) {
  switch (components) {
    case 1:
      return JpegColor::kGray;
    case 3:
      return three_component_color(c, markers);
    case 4:
      return markers.adobe && markers.adobe_transform == 2 ? JpegColor::kYcck : JpegColor::kCmyk;
    default:
      return JpegColor::kUnknown;
  }
}

Subsampling jpeg_subsampling(int components, const std::array<JpegComponent, 4>& c) {
  if (components < 3) return Subsampling::kNone;
  const auto same = [](const JpegComponent& a, const JpegComponent& b) {
    return a.horizontal == b.horizontal && a.vertical == b.vertical;
  };
  const bool usual = same(c[1], c[2]) && c[0].horizontal % c[1].horizontal == 0 &&
                     c[0].vertical % c[1].vertical == 0 && (components == 3 || same(c[0], c[3]));
  if (!usual) return Subsampling::kOther;
  switch (c[0].horizontal / c[1].horizontal * 10 + c[0].vertical / c[1].vertical) {
    case 11:
      return Subsampling::k444;
    case 21:
      return Subsampling::k422;
    case 22:
      return Subsampling::k420;
    case 12:
      return Subsampling::k440;
    case 41:
      return Subsampling::k411;
    default:
      return Subsampling::kOther;
  }
}

void read_frame_header(HeaderReader reader, uint32_t marker, const JpegMarkers& markers,
                       ImageInfo& info) {
  const uint64_t start = reader.position();
  info.bits_per_component = static_cast<int>(reader.u8());
  const int64_t height = reader.u16();
  const int64_t width = reader.u16();
  if (width == 0 || height == 0)
    HeaderReader::fail("expected a JPEG width and height above 0, found " + std::to_string(width) +
                           "x" + std::to_string(height),
                       start + 1);
  info.width = width;
  info.height = height;
  info.components = static_cast<int>(reader.u8());
  if (info.components < 1 || info.components > 4)
    HeaderReader::fail("expected 1 to 4 JPEG components, found " + std::to_string(info.components),
                       start + 5);
  std::array<JpegComponent, 4> parts{};
  for (int i = 0; i < info.components; ++i) {
    JpegComponent& part = parts[static_cast<size_t>(i)];
    part.id = reader.u8();
    const uint32_t sampling = reader.u8();
    part.horizontal = sampling >> 4;
    part.vertical = sampling & 15;
    if (part.horizontal < 1 || part.horizontal > 4 || part.vertical < 1 || part.vertical > 4)
      HeaderReader::fail("expected JPEG sampling factors of 1 to 4", reader.position() - 1);
    reader.skip(1);
  }
  info.channels = info.components == 1 ? 1 : 3;
  info.progressive = marker == 0xC2 || marker == 0xC6 || marker == 0xCA || marker == 0xCE;
  info.arithmetic = marker >= 0xC9;
  info.baseline = marker <= 0xC1 && info.bits_per_component == 8;
  info.color = jpeg_color(info.components, parts, markers);
  info.subsampling = jpeg_subsampling(info.components, parts);
}

void note_application_data(uint32_t marker, ByteSpan body, JpegMarkers& markers, ImageInfo& info) {
  using std::string_view_literals::operator""sv;
  if (marker == 0xE0 && body.size() >= 14 && starts_with(body, "JFIF\0"sv)) markers.jfif = true;
  if (marker == 0xE1 && starts_with(body, "Exif\0"sv) && body.size() > 6)
    info.exif_orientation = exif_orientation(body.subspan(6));
  if (marker == 0xEE && body.size() >= 12 && starts_with(body, "Adobe"sv)) {
    markers.adobe = true;
    markers.adobe_transform = body[11];
  }
}

}  // namespace

ImageInfo probe_jpeg(ByteSpan bytes) {
  ImageInfo info;
  info.kind = ImageKind::kJpeg;
  HeaderReader reader(bytes, 2, true);
  JpegMarkers markers;
  bool frame_seen = false;
  HeaderReader frame = reader;
  uint32_t frame_marker = 0;
  while (true) {
    // Between segments libjpeg steps over stray bytes up to the next 0xFF, and so do we.
    while (reader.u8() != 0xFF) {
    }
    uint32_t marker;
    do {
      marker = reader.u8();
    } while (marker == 0xFF);
    const uint64_t marker_at = reader.position() - 2;
    if (marker == 0x00 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7)) continue;
    if (marker == 0xD8) HeaderReader::fail("a second start-of-image marker", marker_at);
    if (marker == 0xD9) HeaderReader::fail("the JPEG ends before its first scan", marker_at);
    const uint32_t length = reader.u16();
    if (length < 2) HeaderReader::fail("a JPEG segment shorter than its length field", marker_at);
    HeaderReader segment = reader;
    const ByteSpan body = reader.take(length - 2);
    const bool is_frame =
        marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (is_frame) {
      if (frame_seen) HeaderReader::fail("a second JPEG frame header", marker_at);
      frame_seen = true;
      frame = segment;
      frame_marker = marker;
    } else if (marker == 0xDA) {
      if (!frame_seen) HeaderReader::fail("a JPEG scan before any frame header", marker_at);
      info.scan_offset_bytes = marker_at;
      break;
    } else {
      note_application_data(marker, body, markers, info);
    }
  }
  read_frame_header(frame, frame_marker, markers, info);
  return info;
}

// Inside a scan 0xFF is always followed by 0 or a restart number, so the last FF D9 behind the
// scan's start is the end of the image, whatever trails it.
void check_jpeg_end(ByteSpan bytes, const ImageInfo& info) {
  for (uint64_t i = bytes.size(); i >= info.scan_offset_bytes + 2; --i) {
    if (bytes[i - 2] == 0xFF && bytes[i - 1] == 0xD9) return;
  }
  HeaderReader::fail("the JPEG is cut short: no end-of-image marker", bytes.size());
}

}  // namespace stoker
