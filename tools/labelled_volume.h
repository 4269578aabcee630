// One labelled volume of a TIFF source, decoded and checked.
//
// Thread-safety: free functions; decoding uses many threads. Errors: Corrupt or Unsupported with
// the path of the file at fault: no label, 16-bit voxels, image and label of different shapes, and
// all of tiff.h. NotFound where a file has gone since it was listed.
#pragma once

#include <array>

#include "formats/volume_listing.h"
#include "libdata/core/arrays.h"
#include "libdata/volume/volume_geometry.h"

namespace stoker {

// What a caller wants of a volume: null for nothing. Memory is reused. Voxels are z, y, x, x
// fastest; bricks are as in libdata/volume/brick_encoder.h.
struct LabelledOutputs {
  Bytes* image_voxels = nullptr;
  Bytes* image_bricks = nullptr;
  Bytes* label_voxels = nullptr;
  Bytes* label_bricks = nullptr;  // checks the label's values
};

struct LabelledFacts {
  Zyx size_zyx{};
  std::array<int32_t, 6> nonzero_box{};  // of the image
};

// Decodes 32 planes at a time and cuts them into bricks while they are in the cache. Of several
// faults the one at the lowest z is thrown, however many threads are at work.
LabelledFacts read_labelled_volume(const VolumeItem& item, const LabelledOutputs& outputs);

// Begin z, y, x and end z, y, x of the smallest box with every voxel that is not 0; all 0 if none.
std::array<int32_t, 6> nonzero_box(const Zyx& size_zyx, ByteSpan voxels_zyx);

}  // namespace stoker
