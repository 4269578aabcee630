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

// Fills both buffers, z slowest, x fastest, and returns their common size. Memory of the buffers is
// reused. Label values are not looked at.
Zyx read_labelled_volume(const VolumeItem& item, Bytes& image_zyx, Bytes& label_zyx);

// Begin z, y, x and end z, y, x of the smallest box with every voxel that is not 0; all 0 if none.
std::array<int32_t, 6> nonzero_box(const Zyx& size_zyx, ByteSpan voxels_zyx);

}  // namespace stoker
