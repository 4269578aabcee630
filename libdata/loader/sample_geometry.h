// What augmentation decides about a sample, before any of its pixels are read.
//
// A pure function of the sample's size and (seed, epoch, sample id, crop). Draws, in this order:
// the random resized crop, then one uniform number for the flip; the crop's side changes none of
// them.
#pragma once

#include <cstdint>

#include "libdata/image/crop_geometry.h"
#include "libdata/image/crop_resize.h"
#include "libdata/loader/image_loader_options.h"

namespace stoker {

struct SampleGeometry {
  CropBox box;  // of the stored image
  bool flip = false;
  int64_t crop = 0;  // side of the square the box is resized to
};

SampleGeometry draw_geometry(const ImageLoaderOptions& options, int64_t crop, ImageSize image,
                             uint64_t epoch, uint64_t sample_id);

// The whole pixels under a box.
PixelRegion covered_pixels(const CropBox& box, ImageSize image);

}  // namespace stoker
