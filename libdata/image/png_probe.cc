#include "libdata/image/png_probe.h"

#include "libdata/image/exif.h"
#include "libdata/image/header_reader.h"

namespace stoker {
namespace {

constexpr uint64_t kFirstChunk = 8;
constexpr uint64_t kChunkFrame = 12;  // length, name, CRC

// What stands in other chunks touches neither size nor channels: a cut ends the search.
void note_chunks(ByteSpan bytes, ImageInfo& info) {
  uint64_t at = kFirstChunk;
  while (bytes.size() - at >= kChunkFrame) {
    HeaderReader reader(bytes, at, true);
    const uint64_t length = reader.u32();
    const std::string_view name = as_text(reader.take(4));
    if (length > bytes.size() - at - kChunkFrame) return;
    if (name == "eXIf") info.exif_orientation = exif_orientation(reader.take(length));
    if (name == "acTL") info.more_frames = true;
    if (name == "IEND") return;
    at += kChunkFrame + length;
  }
}

}  // namespace

ImageInfo probe_png(ByteSpan bytes) {
  ImageInfo info;
  info.kind = ImageKind::kPng;
  HeaderReader reader(bytes, kFirstChunk, true);
  if (reader.u32() != 13 || as_text(reader.take(4)) != "IHDR")
    HeaderReader::fail("expected a PNG to begin with an IHDR chunk of 13 bytes", kFirstChunk);
  info.width = reader.u32();
  info.height = reader.u32();
  reader.skip(1);
  info.channels = reader.u8() == 0 ? 1 : 3;  // colour type 0 is gray without alpha
  note_chunks(bytes, info);
  return info;
}

}  // namespace stoker
