// Cuts a box out of an image and resizes it, antialiased, row by row as rows come out of a decoder.
//
// Area mean where an axis shrinks, linear interpolation where it grows; 8-bit pixels, 1 or 3
// channels, fixed point inside. Against OpenCV's INTER_AREA on the cut-out box the mean difference
// is far below 1 grey level. Flipping is free: it is folded into the weights.
// Thread-safety: one thread at a time; it is cheap to plan, and keeps its buffers from plan to
// plan.
#pragma once

#include <cstdint>
#include <vector>

#include "libdata/image/crop_geometry.h"
#include "libdata/image/resize_kernels.h"

namespace stoker {

// Source rows in memory: row y starts at pixels + (y % ring_rows) * row_bytes, and its first pixel
// is column PixelRegion::left.
struct SourceRows {
  const uint8_t* pixels = nullptr;
  size_t row_bytes = 0;
  int64_t ring_rows = 0;
};

class CropResizer {
 public:
  explicit CropResizer(const ResizeKernels& kernels = best_resize_kernels()) : kernels_(&kernels) {}

  // `box` must overlap the source (InvalidArgument otherwise).
  void plan(ImageSize source, const CropBox& box, ImageSize target, int64_t channels, bool flip);

  const PixelRegion& region() const { return region_; }    // the source pixels that matter
  int64_t max_taps() const { return vertical_.max_taps; }  // rows that one output row needs at most

  // How many output rows can be made once source rows up to (not including) `source_row` are there.
  int64_t rows_ready(int64_t source_row) const;
  // First source row that output row y needs; those before it may go.
  int64_t first_source_row(int64_t y) const { return vertical_.first[static_cast<size_t>(y)]; }

  // Output rows begin..end-1, to `out` = the first pixel of row 0 of the output.
  void make_rows(const SourceRows& rows, int64_t begin, int64_t end, uint8_t* out);

 private:
  const ResizeKernels* kernels_;
  PixelRegion region_;
  ImageSize target_;
  int64_t channels_ = 0;
  AxisTaps vertical_;
  AxisTaps horizontal_;
  HorizontalTable table_;
  std::vector<int16_t> row_;
  std::vector<const uint8_t*> row_pointers_;
};

// A box of an image in memory, in one go.
void crop_and_resize(const Image& image, const CropBox& box, bool flip, ImageSize target,
                     CropResizer& resizer, uint8_t* out);

}  // namespace stoker
