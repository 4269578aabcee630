// Connected components of a mask: voxels that touch by face, edge or corner (26-connectivity)
// belong together.
//
// Thread-safety: a free function without state. Shapes: masks are z, y, x, x fastest; anything but
// 0 is foreground. Errors: InvalidArgument for a mask of another size, or of 2^31 voxels or more.
// Method: runs of foreground along x, joined to the runs of the four rows before by union-find;
// then one pass that writes labels.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "libdata/volume/volume_geometry.h"

namespace stoker {

struct Components {
  // 0 for background, else 1..count in the order in which components are first met.
  std::vector<int32_t> labels_zyx;
  int32_t count = 0;
};

Components connected_components(const Zyx& size_zyx, std::span<const uint8_t> mask_zyx);

}  // namespace stoker
