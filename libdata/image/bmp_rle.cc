#include "libdata/image/bmp_rle.h"

#include <algorithm>

#include "libdata/image/header_reader.h"

namespace stoker {
namespace {

// Where the next pixel goes. Runs that leave the row on the right are cut off, as Pillow does.
class Pen {
 public:
  Pen(const BmpHeader& header, uint8_t* indices) : header_(header), indices_(indices) {}

  bool done() const { return y_ >= header_.height || (y_ == header_.height - 1 && row_is_full()); }

  void put(uint8_t index) {
    if (row_is_full() || y_ >= header_.height) return;
    const int64_t row = header_.from_top ? y_ : header_.height - 1 - y_;
    indices_[row * header_.width + x_++] = index;
  }
  void end_line() {
    x_ = 0;
    ++y_;
  }
  void move(int64_t right, int64_t rows) {
    x_ += right;
    y_ += rows;
  }

 private:
  bool row_is_full() const { return x_ >= header_.width; }

  const BmpHeader& header_;
  uint8_t* indices_;
  int64_t x_ = 0;
  int64_t y_ = 0;  // in stored order
};

// `packed` holds two indices a byte (4 bits) or one.
uint8_t index_at(ByteSpan packed, uint32_t i, bool four_bits) {
  if (!four_bits) return packed[i];
  return static_cast<uint8_t>(i % 2 == 0 ? packed[i / 2] >> 4 : packed[i / 2] & 15);
}

}  // namespace

void decode_bmp_rle(ByteSpan bytes, const BmpHeader& header, uint8_t* indices) {
  const bool four_bits = header.coding == BmpCoding::kRle4;
  std::fill_n(indices, static_cast<size_t>(header.width * header.height), uint8_t{0});
  HeaderReader reader(bytes, header.pixels_offset_bytes, false);
  Pen pen(header, indices);
  while (!pen.done()) {
    const uint32_t count = reader.u8();
    const ByteSpan value = reader.take(1);
    if (count > 0) {
      for (uint32_t i = 0; i < count; ++i)
        pen.put(index_at(value, four_bits ? i % 2 : 0, four_bits));
      continue;
    }
    switch (value[0]) {
      case 0:
        pen.end_line();
        break;
      case 1:  // end of the image
        return;
      case 2: {
        const uint32_t right = reader.u8();
        pen.move(right, reader.u8());
        break;
      }
      default: {
        const uint32_t pixels = value[0];
        const ByteSpan packed = reader.take(four_bits ? (pixels + 1) / 2 : pixels);
        for (uint32_t i = 0; i < pixels; ++i)
          pen.put(index_at(packed, i, four_bits));
        if (packed.size() % 2 != 0) reader.skip(1);  // runs fill whole words
      }
    }
  }
}

}  // namespace stoker
