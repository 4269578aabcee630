// What the header of a BMP says. For the bmp files only. Errors: as in bmp.h.
#pragma once

#include <array>
#include <cstdint>

#include "libdata/core/arrays.h"

namespace stoker {

enum class BmpCoding : uint8_t { kPlain, kRle8, kRle4 };

struct BmpColor {
  uint8_t blue = 0;
  uint8_t green = 0;
  uint8_t red = 0;
};

struct BmpHeader {
  int64_t width = 0;
  int64_t height = 0;
  bool from_top = false;
  int bits = 0;  // of a pixel: 1, 4, 8, 16, 24 or 32
  BmpCoding coding = BmpCoding::kPlain;
  bool five_six_five = false;     // of 16 bits; else 5-5-5
  std::array<int, 3> rgb_byte{};  // of 24 and 32 bits: where in a pixel red, green and blue lie
  std::array<BmpColor, 256> palette{};
  size_t colors = 0;  // of the palette; 0 above 8 bits
  uint64_t pixels_offset_bytes = 0;

  bool is_gray() const;
  // Rows of plain pixels start at multiples of 4 bytes.
  uint64_t row_bytes() const {
    return (static_cast<uint64_t>(width) * static_cast<uint64_t>(bits) + 31) / 32 * 4;
  }
};

BmpHeader read_bmp_header(ByteSpan bytes);

}  // namespace stoker
