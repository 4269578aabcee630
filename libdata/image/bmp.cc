#include "libdata/image/bmp.h"

#include <algorithm>
#include <string>

#include "libdata/image/bmp_header.h"
#include "libdata/image/bmp_rle.h"
#include "libdata/image/header_reader.h"

namespace stoker {
namespace {

uint8_t stretch(uint32_t value, uint32_t most) {
  return static_cast<uint8_t>(value * 255 / most);
}

// Indices of 1, 4 or 8 bits, the first in the highest bits, to a byte each.
void unpack_indices(const uint8_t* row, int64_t width, int bits, uint8_t* to) {
  const int64_t per_byte = 8 / bits;
  const uint32_t mask = (1u << bits) - 1;
  for (int64_t x = 0; x < width; ++x) {
    const auto shift = static_cast<uint32_t>((per_byte - 1 - x % per_byte) * bits);
    to[x] = static_cast<uint8_t>(uint32_t{row[x / per_byte]} >> shift & mask);
  }
}

void unpack_16_bits(const uint8_t* row, int64_t width, bool five_six_five, uint8_t* to) {
  for (int64_t x = 0; x < width; ++x, row += 2, to += 3) {
    const uint32_t pixel = row[0] | uint32_t{row[1]} << 8;
    to[0] = stretch(pixel >> (five_six_five ? 11 : 10) & 31, 31);
    to[1] = five_six_five ? stretch(pixel >> 5 & 63, 63) : stretch(pixel >> 5 & 31, 31);
    to[2] = stretch(pixel & 31, 31);
  }
}

void unpack_bytes(const uint8_t* row, const BmpHeader& header, uint8_t* to) {
  const int step = header.bits / 8;
  for (int64_t x = 0; x < header.width; ++x, row += step, to += 3) {
    for (size_t c = 0; c < 3; ++c)
      to[c] = row[header.rgb_byte[c]];
  }
}

void check_length(ByteSpan bytes, const BmpHeader& header) {
  const uint64_t last_row =
      (static_cast<uint64_t>(header.width) * static_cast<uint64_t>(header.bits) + 7) / 8;
  const uint64_t needed =
      header.row_bytes() * (static_cast<uint64_t>(header.height) - 1) + last_row;
  if (header.pixels_offset_bytes <= bytes.size() &&
      bytes.size() - header.pixels_offset_bytes >= needed)
    return;
  HeaderReader::fail("the BMP is cut short: its " + std::to_string(header.width) + "x" +
                         std::to_string(header.height) + " pixels take " + std::to_string(needed) +
                         " bytes from byte " + std::to_string(header.pixels_offset_bytes),
                     bytes.size());
}

// Palette indices at the start of `out` to gray or colour, from the last to the first.
void look_up(const BmpHeader& header, Image& out) {
  uint8_t* const pixels = out.pixels.data();
  for (size_t i = static_cast<size_t>(out.height * out.width); i-- > 0;) {
    const size_t index = pixels[i];
    if (index >= header.colors)
      throw Error(ErrorCode::kCorrupt, "BMP: a pixel asks for colour " + std::to_string(index) +
                                           " of a palette of " + std::to_string(header.colors));
    const BmpColor& color = header.palette[index];
    if (out.channels == 1) {
      pixels[i] = color.red;
    } else {
      pixels[3 * i] = color.red;
      pixels[3 * i + 1] = color.green;
      pixels[3 * i + 2] = color.blue;
    }
  }
}

void decode_plain(ByteSpan bytes, const BmpHeader& header, Image& out) {
  const size_t samples = header.bits <= 8 ? 1 : 3;
  const size_t out_row_bytes = static_cast<size_t>(header.width) * samples;
  for (int64_t y = 0; y < header.height; ++y) {
    const int64_t stored = header.from_top ? y : header.height - 1 - y;
    const uint8_t* row =
        &bytes[header.pixels_offset_bytes + static_cast<uint64_t>(stored) * header.row_bytes()];
    uint8_t* to = out.pixels.data() + static_cast<size_t>(y) * out_row_bytes;
    if (header.bits <= 8) {
      unpack_indices(row, header.width, header.bits, to);
    } else if (header.bits == 16) {
      unpack_16_bits(row, header.width, header.five_six_five, to);
    } else {
      unpack_bytes(row, header, to);
    }
  }
}

}  // namespace

ImageInfo probe_bmp(ByteSpan bytes) {
  const BmpHeader header = read_bmp_header(bytes);
  ImageInfo info;
  info.kind = ImageKind::kBmp;
  info.width = header.width;
  info.height = header.height;
  info.channels = header.is_gray() ? 1 : 3;
  return info;
}

void decode_bmp(ByteSpan bytes, Image& out) {
  const BmpHeader header = read_bmp_header(bytes);
  if (header.coding == BmpCoding::kPlain) check_length(bytes, header);
  out.height = header.height;
  out.width = header.width;
  out.channels = header.is_gray() ? 1 : 3;
  out.pixels.resize(static_cast<size_t>(out.height * out.width * out.channels));
  if (header.coding == BmpCoding::kPlain) {
    decode_plain(bytes, header, out);
  } else {
    decode_bmp_rle(bytes, header, out.pixels.data());
  }
  if (header.bits <= 8) look_up(header, out);
}

}  // namespace stoker
