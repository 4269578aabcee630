#include "libdata/image/exif.h"

#include "libdata/image/header_reader.h"

namespace stoker {

int exif_orientation(ByteSpan exif) {
  if (exif.size() < 8 || !(starts_with(exif, "II") || starts_with(exif, "MM"))) return 1;
  try {
    HeaderReader reader(exif, 4, exif[0] == 'M');
    reader.seek(reader.u32());
    for (uint32_t entries = reader.u16(); entries > 0; --entries) {
      const uint32_t tag = reader.u16();
      reader.skip(6);
      const uint32_t value = reader.u16();
      reader.skip(2);
      if (tag == 0x0112) return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
  } catch (const Error&) {  // cut short: no orientation
  }
  return 1;
}

}  // namespace stoker
