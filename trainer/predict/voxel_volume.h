// The voxels of one CT volume as its source holds them. Plain values.
#pragma once

#include "libdata/core/arrays.h"
#include "libdata/core/dtype.h"
#include "libdata/volume/volume_geometry.h"

namespace stoker {

struct VoxelVolume {
  Zyx size_zyx{0, 0, 0};
  DType dtype = DType::kUInt8;  // kUInt8, or kUInt16: then v * 255 / 65535 is what an 8-bit v means
  Bytes voxels;                 // z, y, x; of kUInt16 in the machine's byte order
};

}  // namespace stoker
