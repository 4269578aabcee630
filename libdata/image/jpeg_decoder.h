// The JPEG decompressor of one thread: whole images, or only the rows and columns a crop needs.
//
// Pixels, errors and limits are those of jpeg.h; a region's pixels are identical to those of a full
// decode. Rows above the region are entropy-decoded but not transformed, rows below it are not
// looked at (damage there goes unseen), columns outside it are not transformed. Progressive files
// are decoded whole, since libjpeg-turbo's skipping is not reliable for them.
// Thread-safety: one thread at a time. Tables and buffers are kept from image to image.
// Source: libjpeg-turbo, libjpeg.txt ("Skipping rows", "Cropping").
#pragma once

#include <memory>
#include <span>

#include "libdata/core/arrays.h"
#include "libdata/image/crop_geometry.h"
#include "libdata/image/jpeg.h"

namespace stoker {

class JpegDecoder {
 public:
  JpegDecoder();
  ~JpegDecoder();
  JpegDecoder(JpegDecoder&&) noexcept;
  JpegDecoder& operator=(JpegDecoder&&) noexcept;

  void decode(ByteSpan bytes, Channels channels, Image& out);

  // In steps: open, start, read_rows until the region's last row; `bytes` must live until then.
  struct Header {
    ImageSize size;
    int64_t channels = 0;  // of the pixels: 1 or 3
  };
  Header open(ByteSpan bytes);
  // Opens, and refuses by the header alone what start would refuse: sampling factors that do not
  // divide one another, blocks too large, missing tables. (12 bits, lossless, hierarchical and too
  // many pixels open refuses.) Scans are not looked at.
  Header check_header(ByteSpan bytes);
  // Of the image decoded at 1/denominator: 1, 2, 4 or 8. Scaling comes almost free with the inverse
  // DCT, and gives the mean of each block of pixels, nearly.
  ImageSize scaled_size(int denominator) const;
  // `region` is in pixels of the scaled image.
  void start(int denominator, const PixelRegion& region);
  // A row to be read takes row_bytes; the region's first pixel is first_pixel_bytes into it.
  size_t row_bytes() const;
  size_t first_pixel_bytes() const;
  void read_rows(std::span<uint8_t* const> rows);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stoker
