// One volume of a TIFF source with its label, decoded and checked.
//
// Thread-safety: free functions; decoding uses many threads. Errors: Corrupt or Unsupported with
// the path of the file at fault: no label, a side longer than bricks hold, image and label of
// different shapes, a link to nothing, and all of tiff.h.
#pragma once

#include <array>

#include "formats/volume_listing.h"
#include "libdata/core/arrays.h"
#include "libdata/core/dtype.h"
#include "libdata/volume/volume_geometry.h"

namespace stoker {

// What a caller wants of a volume: null for nothing; the label is not opened where nothing is
// wanted of it. Memory is reused. Voxels are z, y, x, x fastest; bricks are as in
// libdata/volume/brick_encoder.h.
struct LabelledOutputs {
  Bytes* image_voxels = nullptr;
  Bytes* image_bricks = nullptr;
  Bytes* label_voxels = nullptr;
  Bytes* label_bricks = nullptr;  // checks the label's values
};

// Of one of the two files.
struct TiffRemarks {
  uint64_t absent = 0;  // strips or tiles that the file leaves out: zeros
  uint64_t asides = 0;  // pages that are no planes
};

struct LabelledFacts {
  Zyx size_zyx{};
  std::array<int32_t, 6> nonzero_box{};  // of the image
  bool image_widened = false;            // 8-bit voxels in a data set of 16-bit ones
  TiffRemarks image;
  TiffRemarks label;
};

// Decodes 32 planes at a time and cuts them into bricks while they are in the cache. `voxels` is
// what image voxels are to be, uint8 or uint16: others become them as narrow_voxel and widen_voxel
// say. Of several faults the one at the lowest z is thrown, however many threads are at work.
LabelledFacts read_labelled_volume(const VolumeItem& item, DType voxels,
                                   const LabelledOutputs& outputs);

// round(value / 257), and its inverse: both keep the place on the scale from black to white.
constexpr uint8_t narrow_voxel(uint16_t value) {
  return static_cast<uint8_t>((value + 128) / 257);
}
constexpr uint16_t widen_voxel(uint8_t value) {
  return static_cast<uint16_t>(value * 257);
}

// Begin z, y, x and end z, y, x of the smallest box with every voxel that is not 0; all 0 if none.
std::array<int32_t, 6> nonzero_box(const Zyx& size_zyx, DType dtype, ByteSpan voxels_zyx);

}  // namespace stoker
