// How the pixels of a TIFF page are stored, and that we read such. For the tiff_image files only.
#pragma once

#include <cstdint>

#include "libdata/image/tiff_handle.h"

namespace stoker {

enum class TiffColor : uint8_t { kGray, kWhiteIsZero, kPalette, kRgb, kCmyk, kYCbCr };

struct TiffLayout {
  int64_t width = 0;
  int64_t height = 0;
  TiffColor color = TiffColor::kGray;
  int bits = 8;     // of a sample
  int samples = 1;  // of a pixel, as stored
  bool separate_planes = false;
  bool alpha = false;             // behind the colours
  bool associated_alpha = false;  // colours are multiplied by it
  bool uncompressed = false;

  // Samples that make the colour: 1, 3 or 4; with associated alpha the alpha too.
  int needed_samples() const;
  int64_t channels() const { return is_gray() && !alpha ? 1 : 3; }
  bool is_gray() const { return color == TiffColor::kGray || color == TiffColor::kWhiteIsZero; }
};

// Of the directory that is current. JPEG-compressed YCbCr is asked of libtiff as RGB from here on.
// Errors: Unsupported, Corrupt, as in tiff_image.h.
TiffLayout read_tiff_layout(TiffHandle& handle);

}  // namespace stoker
