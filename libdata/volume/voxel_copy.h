// Copies the part of a brick that lies in a box to where it belongs in the box's buffer, turned.
//
// Thread-safety: const; several threads may copy different bricks into one buffer. Ownership:
// borrows the buffer.
#pragma once

#include <array>
#include <cstdint>

#include "libdata/volume/bricks.h"

namespace stoker {

class VoxelCopy {
 public:
  // `box` before it is turned; `out` has the box's voxels in the turned order, channel slowest.
  VoxelCopy(const VolumeShape& shape, const Box& box, const Orientation& orientation, uint8_t* out);

  // `voxels` are those of the brick at `brick_box`, all of them, channel slowest. No overlap with
  // the box: nothing is done.
  void from_brick(const Box& brick_box, const uint8_t* voxels) const;

 private:
  Box box_;
  int64_t channels_;
  int64_t element_bytes_;
  uint8_t* out_;
  int64_t first_voxel_ = 0;              // where the box's first voxel goes
  std::array<int64_t, 3> stride_zyx_{};  // in `out`, in voxels, of a step along a source axis
};

}  // namespace stoker
