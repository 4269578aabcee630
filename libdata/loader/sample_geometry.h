// What augmentation decides about a sample, before any of its pixels are read.
//
// A pure function of the sample's size and (seed, epoch, sample id). Draws, in this order: the
// random resized crop, then one uniform number for the flip.
#pragma once

#include "libdata/image/crop_geometry.h"
#include "libdata/image/crop_resize.h"
#include "libdata/loader/image_loader.h"

namespace stoker {

struct SampleGeometry {
  CropBox box;
  bool flip = false;
};

SampleGeometry draw_geometry(const ImageLoaderOptions& options, ImageSize image, uint64_t epoch,
                             uint64_t sample_id);

// The whole pixels under a box.
PixelRegion covered_pixels(const CropBox& box, ImageSize image);

}  // namespace stoker
