#include "libdata/image/bmp_header.h"

#include <algorithm>
#include <string>

#include "libdata/image/header_reader.h"

namespace stoker {
namespace {

constexpr uint64_t kFileHeader = 14;
constexpr std::array<uint32_t, 7> kHeaderSizes{12, 40, 52, 56, 64, 108, 124};

struct Masks {
  uint32_t red = 0;
  uint32_t green = 0;
  uint32_t blue = 0;
  uint32_t alpha = 0;
  bool operator==(const Masks&) const = default;
};

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kUnsupported, "BMP: " + what + "; convert the image to PNG");
}

// Colours may be fewer than the header says where the file goes on with pixels early.
void read_palette(HeaderReader reader, uint32_t header_size, uint64_t colors, BmpHeader& header) {
  const uint64_t entry_bytes = header_size == 12 ? 3 : 4;
  const uint64_t most = uint64_t{1} << header.bits;
  header.colors = std::min({colors == 0 ? most : colors, most, reader.left() / entry_bytes});
  for (size_t i = 0; i < header.colors; ++i) {
    const ByteSpan entry = reader.take(entry_bytes);
    header.palette[i] = {entry[0], entry[1], entry[2]};
  }
}

Masks read_masks(HeaderReader& reader, uint32_t header_size) {
  Masks masks;
  masks.red = reader.u32();
  masks.green = reader.u32();
  masks.blue = reader.u32();
  if (header_size >= 56 && header_size != 64) masks.alpha = reader.u32();
  return masks;
}

// The layouts that Pillow knows.
void apply_masks(const Masks& m, BmpHeader& header) {
  const Masks rgb{m.red, m.green, m.blue, 0};
  if (header.bits == 16) {
    header.five_six_five = rgb == Masks{0xF800, 0x7E0, 0x1F, 0};
    if (header.five_six_five || rgb == Masks{0x7C00, 0x3E0, 0x1F, 0}) return;
  } else if (header.bits == 24) {
    if (rgb == Masks{0xFF0000, 0xFF00, 0xFF, 0}) return;
  } else if (header.bits == 32) {
    if (m == Masks{0xFF0000, 0xFF00, 0xFF, 0} || m == Masks{0xFF0000, 0xFF00, 0xFF, 0xFF000000} ||
        m == Masks{})
      return;
    if (m == Masks{0xFF000000, 0xFF0000, 0xFF00, 0} ||
        m == Masks{0xFF000000, 0xFF0000, 0xFF00, 0xFF}) {
      header.rgb_byte = {3, 2, 1};
      return;
    }
    if (m == Masks{0xFF, 0xFF00, 0xFF0000, 0xFF000000}) {
      header.rgb_byte = {0, 1, 2};
      return;
    }
  }
  refuse("bit masks that are not read");
}

void apply_compression(uint32_t compression, BmpHeader& header) {
  if (compression == 1 && header.bits == 8) {
    header.coding = BmpCoding::kRle8;
  } else if (compression == 2 && header.bits == 4) {
    header.coding = BmpCoding::kRle4;
  } else if (compression != 0 && compression != 3) {
    refuse("compression " + std::to_string(compression) + " of " + std::to_string(header.bits) +
           " bits is not read");
  }
}

void check_size(const BmpHeader& header) {
  if (header.width <= 0 || header.height <= 0)
    HeaderReader::fail("expected a width and height above 0, found " +
                           std::to_string(header.width) + "x" + std::to_string(header.height),
                       kFileHeader + 4);
}

void check_bits(int bits) {
  for (const int known : {1, 4, 8, 16, 24, 32})
    if (bits == known) return;
  refuse("pixels of " + std::to_string(bits) + " bits are not read");
}

}  // namespace

bool BmpHeader::is_gray() const {
  return colors > 0 &&
         std::all_of(palette.begin(), palette.begin() + static_cast<std::ptrdiff_t>(colors),
                     [](const BmpColor& c) { return c.blue == c.green && c.green == c.red; });
}

BmpHeader read_bmp_header(ByteSpan bytes) {
  HeaderReader reader(bytes, 10, false);
  BmpHeader header;
  header.rgb_byte = {2, 1, 0};
  header.pixels_offset_bytes = reader.u32();
  const uint32_t size = reader.u32();
  if (std::find(kHeaderSizes.begin(), kHeaderSizes.end(), size) == kHeaderSizes.end())
    refuse("a header of " + std::to_string(size) + " bytes is not read");
  uint32_t compression = 0;
  uint64_t colors = 0;
  if (size == 12) {
    header.width = reader.u16();
    header.height = reader.u16();
    reader.skip(2);
    header.bits = static_cast<int>(reader.u16());
  } else {
    header.width = static_cast<int32_t>(reader.u32());
    header.height = static_cast<int32_t>(reader.u32());
    header.from_top = header.height < 0;
    header.height = std::max(header.height, -header.height);
    reader.skip(2);
    header.bits = static_cast<int>(reader.u16());
    compression = reader.u32();
    reader.skip(12);
    colors = reader.u32();
    reader.skip(4);
  }
  check_size(header);
  check_bits(header.bits);
  apply_compression(compression, header);
  if (compression == 3) {
    // Behind a header of 40 bytes, inside longer ones: the same place.
    if (header.bits <= 8) refuse("bit masks for a palette");
    apply_masks(read_masks(reader, size), header);
  }
  reader.seek(std::max(reader.position(), kFileHeader + size));
  if (header.bits <= 8) {
    read_palette(reader, size, colors, header);
    // Some writers count the headers only: the palette lies in between then.
    const uint64_t entries = colors == 0 ? uint64_t{1} << header.bits : colors;
    if (header.pixels_offset_bytes == 0 || header.pixels_offset_bytes == kFileHeader + size)
      header.pixels_offset_bytes = reader.position() + entries * (size == 12 ? 3 : 4);
  } else if (header.pixels_offset_bytes == 0) {
    header.pixels_offset_bytes = reader.position();
  }
  return header;
}

}  // namespace stoker
