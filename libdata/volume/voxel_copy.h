// Copies the part of bricks that lies in a box to where it belongs in the box's buffer, turned.
//
// Thread-safety: const; several threads may copy different bricks into one buffer. Ownership:
// borrows the buffer.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "libdata/volume/bricks.h"

namespace stoker {

// A brick in memory: all of its voxels, channel slowest; or of a brick that holds one value
// throughout, one row along x, which stands for every other.
struct BrickVoxels {
  Box box;  // in the volume
  const uint8_t* voxels = nullptr;
  bool is_one_row = false;
};

class VoxelCopy {
 public:
  // `box` before it is turned; `out` has the box's voxels in the turned order, channel slowest.
  // `past_cache`: this processor will not read `out` soon, so where whole cache lines can be
  // written they are not kept; whoever reads them on another thread synchronises with finish().
  VoxelCopy(const VolumeShape& shape, const Box& box, const Orientation& orientation, uint8_t* out,
            bool past_cache);

  // Bricks that follow one another along x. What does not lie in the box is left out.
  void from_run(std::span<const BrickVoxels> run) const;
  void finish() const;

 private:
  template <typename Voxel>
  void copy_run(std::span<const BrickVoxels> run) const;
  template <typename Voxel>
  void copy_rows(std::span<const BrickVoxels> run, const Box& part, int64_t channel) const;
  template <typename Voxel>
  void copy_columns(const BrickVoxels& brick, int64_t channel) const;
  int64_t target_voxel(const Zyx& place, int64_t channel) const;

  Box box_;
  int64_t channels_;
  int64_t element_bytes_;
  uint8_t* out_;
  bool past_cache_;
  int64_t first_voxel_ = 0;              // where the box's first voxel goes
  std::array<int64_t, 3> stride_zyx_{};  // in `out`, in voxels, of a step along a source axis
};

}  // namespace stoker
