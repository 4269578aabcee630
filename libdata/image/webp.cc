#include "libdata/image/webp.h"

#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <memory>
#include <string>

#include "libdata/core/error.h"
#include "libdata/image/exif.h"
#include "libdata/image/header_reader.h"

namespace stoker {
namespace {

constexpr uint64_t kFirstChunk = 12;
constexpr uint32_t kAnimation = 2;  // bits of VP8X

struct DemuxDelete {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};

struct Frame {
  WebPIterator iterator{};
  ~Frame() { WebPDemuxReleaseIterator(&iterator); }
};

// Chunks behind the pixels: a cut ends the search, and is found by decoding.
int orientation_of(ByteSpan bytes) {
  using std::string_view_literals::operator""sv;
  uint64_t at = kFirstChunk;
  while (bytes.size() - at >= 8) {
    HeaderReader reader(bytes, at, false);
    const std::string_view name = as_text(reader.take(4));
    const uint64_t length = reader.u32();
    if (length > reader.left()) return 1;
    if (name == "EXIF") {
      const ByteSpan exif = reader.take(length);
      return exif_orientation(starts_with(exif, "Exif\0\0"sv) ? exif.subspan(6) : exif);
    }
    at = std::min<uint64_t>(bytes.size(), reader.position() + length + (length & 1));
  }
  return 1;
}

[[noreturn]] void fail(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      throw Error(ErrorCode::kIo, "WebP: out of memory");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      throw Error(ErrorCode::kUnsupported, "WebP: a feature that libwebp does not read");
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      throw Error(ErrorCode::kCorrupt, "WebP: the file is cut short");
    default:
      throw Error(ErrorCode::kCorrupt, "WebP: the coded data is damaged");
  }
}

// A still bitstream of known size into `to`, which has `room` bytes and rows of `row_bytes`.
void decode_still(ByteSpan bytes, int64_t width, int64_t height, uint8_t* to, size_t room,
                  size_t row_bytes) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) throw Error(ErrorCode::kInternal, "WebP: another libwebp");
  const VP8StatusCode seen = WebPGetFeatures(bytes.data(), bytes.size(), &config.input);
  if (seen != VP8_STATUS_OK) fail(seen);
  if (config.input.width != width || config.input.height != height)
    throw Error(ErrorCode::kCorrupt, "WebP: the container promises " + std::to_string(width) + "x" +
                                         std::to_string(height) + " pixels, the coded image has " +
                                         std::to_string(config.input.width) + "x" +
                                         std::to_string(config.input.height));
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = to;
  config.output.u.RGBA.size = room;
  config.output.u.RGBA.stride = static_cast<int>(row_bytes);
  const VP8StatusCode status = WebPDecode(bytes.data(), bytes.size(), &config);
  if (status != VP8_STATUS_OK) fail(status);
}

void decode_first_frame(ByteSpan bytes, Image& canvas) {
  const WebPData data{bytes.data(), bytes.size()};
  const std::unique_ptr<WebPDemuxer, DemuxDelete> demuxer(WebPDemux(&data));
  Frame frame;
  if (!demuxer || !WebPDemuxGetFrame(demuxer.get(), 1, &frame.iterator))
    throw Error(ErrorCode::kCorrupt, "WebP: the animation is cut short or damaged");
  const WebPIterator& it = frame.iterator;
  if (it.x_offset < 0 || it.y_offset < 0 || it.x_offset + it.width > canvas.width ||
      it.y_offset + it.height > canvas.height)
    throw Error(ErrorCode::kCorrupt, "WebP: the first frame lies outside the canvas");
  const size_t row_bytes = static_cast<size_t>(canvas.width * 3);
  const size_t start =
      static_cast<size_t>(it.y_offset) * row_bytes + static_cast<size_t>(it.x_offset) * 3;
  decode_still({it.fragment.bytes, it.fragment.size}, it.width, it.height,
               canvas.pixels.data() + start, canvas.pixels.size() - start, row_bytes);
}

}  // namespace

ImageInfo probe_webp(ByteSpan bytes) {
  ImageInfo info;
  info.kind = ImageKind::kWebp;
  info.channels = 3;
  HeaderReader reader(bytes, kFirstChunk, false);
  const std::string_view chunk = as_text(reader.take(4));
  reader.skip(4);
  if (chunk == "VP8X") {
    info.more_frames = (reader.u32() & kAnimation) != 0;
    const ByteSpan b = reader.take(6);
    info.width = 1 + (b[0] | b[1] << 8 | b[2] << 16);
    info.height = 1 + (b[3] | b[4] << 8 | b[5] << 16);
    info.exif_orientation = orientation_of(bytes);
  } else if (chunk == "VP8L") {
    reader.skip(1);
    const uint32_t bits = reader.u32();
    info.width = 1 + (bits & 0x3fff);
    info.height = 1 + ((bits >> 14) & 0x3fff);
  } else if (chunk == "VP8 ") {
    reader.skip(6);
    info.width = reader.u16() & 0x3fff;
    info.height = reader.u16() & 0x3fff;
  } else {
    HeaderReader::fail("expected a VP8, VP8L or VP8X chunk in the WebP file", kFirstChunk);
  }
  return info;
}

void decode_webp(ByteSpan bytes, const ImageInfo& info, Image& out) {
  out.height = info.height;
  out.width = info.width;
  out.channels = 3;
  const size_t row_bytes = static_cast<size_t>(info.width * 3);
  out.pixels.resize(row_bytes * static_cast<size_t>(info.height));
  if (info.more_frames) {
    std::fill(out.pixels.begin(), out.pixels.end(), uint8_t{0});
    decode_first_frame(bytes, out);
  } else {
    decode_still(bytes, info.width, info.height, out.pixels.data(), out.pixels.size(), row_bytes);
  }
}

}  // namespace stoker
