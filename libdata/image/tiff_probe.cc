#include "libdata/image/tiff_probe.h"

#include <string>

#include "libdata/image/header_reader.h"

namespace stoker {
namespace {

constexpr uint32_t kWidth = 256;
constexpr uint32_t kHeight = 257;
constexpr uint32_t kPhotometric = 262;
constexpr uint32_t kOrientation = 274;
constexpr uint32_t kSamplesPerPixel = 277;
constexpr uint32_t kShort = 3;
constexpr uint32_t kSeparated = 5;

// Where the data is behind the end, or is cut, there is no further directory.
bool has_next_directory(HeaderReader reader) {
  return reader.left() >= 4 && reader.u32() != 0;
}

}  // namespace

ImageInfo probe_tiff(ByteSpan bytes) {
  ImageInfo info;
  info.kind = ImageKind::kTiff;
  const bool big_endian = bytes[0] == 'M';
  HeaderReader reader(bytes, 4, big_endian);
  reader.seek(reader.u32());
  uint32_t photometric = 0;
  uint32_t samples = 1;
  for (uint32_t entries = reader.u16(); entries > 0; --entries) {
    const uint32_t tag = reader.u16();
    const uint32_t type = reader.u16();
    reader.skip(4);
    HeaderReader field = reader;
    reader.skip(4);
    const uint32_t value = type == kShort ? field.u16() : field.u32();
    if (tag == kWidth) info.width = value;
    if (tag == kHeight) info.height = value;
    if (tag == kPhotometric) photometric = value;
    if (tag == kSamplesPerPixel) samples = value;
    if (tag == kOrientation && value >= 1 && value <= 8)
      info.exif_orientation = static_cast<int>(value);
  }
  info.channels = photometric <= 1 && samples == 1 ? 1 : 3;  // white or black is zero
  if (photometric == kSeparated) info.color = JpegColor::kCmyk;
  info.more_frames = has_next_directory(reader);
  return info;
}

}  // namespace stoker
