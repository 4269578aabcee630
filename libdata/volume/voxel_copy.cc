#include "libdata/volume/voxel_copy.h"

#include <algorithm>
#include <cstring>

namespace stoker {
namespace {

// A block of voxels seen through strides: what is copied, one channel at a time.
template <typename Voxel>
struct Block {
  Zyx size_zyx;
  const Voxel* from;
  Zyx from_stride;
  Voxel* to;
  Zyx to_stride;
};

template <typename Voxel>
void copy_row(const Voxel* from, Voxel* to, int64_t count) {
  // Whole bricks' rows, with the size known to the compiler.
  if (count == kBrickEdge) {
    std::memcpy(to, from, kBrickEdge * sizeof(Voxel));
  } else {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof(Voxel));
  }
}

template <typename Voxel>
void copy_row_reversed(const Voxel* from, Voxel* to, int64_t count) {
  Voxel* first = to - (count - 1);
  if (count == kBrickEdge) {
    for (int64_t x = 0; x < kBrickEdge; ++x)
      first[x] = from[kBrickEdge - 1 - x];
  } else {
    for (int64_t x = 0; x < count; ++x)
      first[x] = from[count - 1 - x];
  }
}

// x of the brick runs along y or z of the result: planes of (unit axis, x) are transposed. The
// inner loop writes rows of the result; the brick they come from stays in the cache.
template <typename Voxel>
void copy_transposed(const Block<Voxel>& block, size_t unit, size_t other) {
  for (int64_t o = 0; o < block.size_zyx[other]; ++o) {
    const Voxel* from_plane = block.from + o * block.from_stride[other];
    Voxel* to_plane = block.to + o * block.to_stride[other];
    const int64_t count = block.size_zyx[unit];
    const int64_t from_step = block.from_stride[unit];
    for (int64_t x = 0; x < block.size_zyx[2]; ++x) {
      const Voxel* from = from_plane + x;
      Voxel* to = to_plane + x * block.to_stride[2];
      if (block.to_stride[unit] == 1) {
        for (int64_t u = 0; u < count; ++u)
          to[u] = from[u * from_step];
      } else {
        for (int64_t u = 0; u < count; ++u)
          to[-u] = from[u * from_step];
      }
    }
  }
}

template <typename Voxel>
void copy_block(const Block<Voxel>& block) {
  const auto is_unit = [&](size_t axis) {
    return block.to_stride[axis] == 1 || block.to_stride[axis] == -1;
  };
  // A result of one voxel along x has more than one unit axis: then any will do.
  if (!is_unit(2)) {
    const size_t unit = is_unit(1) ? 1 : 0;
    return copy_transposed(block, unit, 1 - unit);
  }
  for (int64_t z = 0; z < block.size_zyx[0]; ++z) {
    for (int64_t y = 0; y < block.size_zyx[1]; ++y) {
      const Voxel* from = block.from + z * block.from_stride[0] + y * block.from_stride[1];
      Voxel* to = block.to + z * block.to_stride[0] + y * block.to_stride[1];
      if (block.to_stride[2] == 1) {
        copy_row(from, to, block.size_zyx[2]);
      } else {
        copy_row_reversed(from, to, block.size_zyx[2]);
      }
    }
  }
}

}  // namespace

VoxelCopy::VoxelCopy(const VolumeShape& shape, const Box& box, const Orientation& orientation,
                     uint8_t* out)
    : box_(box),
      channels_(shape.channels),
      element_bytes_(static_cast<int64_t>(dtype_size(shape.dtype))),
      out_(out) {
  const Zyx result_zyx = orientation.oriented(box.size_zyx);
  const Zyx result_stride{result_zyx[1] * result_zyx[2], result_zyx[2], 1};
  for (size_t axis = 0; axis < 3; ++axis) {
    const int64_t stride = result_stride[axis];
    if (orientation.reversed[axis]) first_voxel_ += (result_zyx[axis] - 1) * stride;
    stride_zyx_[orientation.source_axis[axis]] = orientation.reversed[axis] ? -stride : stride;
  }
}

void VoxelCopy::from_brick(const Box& brick_box, const uint8_t* voxels) const {
  Zyx begin{};
  Zyx size{};
  for (size_t axis = 0; axis < 3; ++axis) {
    begin[axis] = std::max(box_.begin_zyx[axis], brick_box.begin_zyx[axis]);
    size[axis] = std::min(box_.end(axis), brick_box.end(axis)) - begin[axis];
    if (size[axis] <= 0) return;
  }
  const Zyx from_stride{brick_box.size_zyx[1] * brick_box.size_zyx[2], brick_box.size_zyx[2], 1};
  int64_t from_voxel = 0;
  int64_t to_voxel = first_voxel_;
  for (size_t axis = 0; axis < 3; ++axis) {
    from_voxel += (begin[axis] - brick_box.begin_zyx[axis]) * from_stride[axis];
    to_voxel += (begin[axis] - box_.begin_zyx[axis]) * stride_zyx_[axis];
  }
  for (int64_t c = 0; c < channels_; ++c) {
    const int64_t from = (c * brick_box.voxel_count() + from_voxel) * element_bytes_;
    const int64_t to = (c * box_.voxel_count() + to_voxel) * element_bytes_;
    if (element_bytes_ == 1) {
      copy_block<uint8_t>({size, voxels + from, from_stride, out_ + to, stride_zyx_});
    } else {
      copy_block<uint16_t>({size, reinterpret_cast<const uint16_t*>(voxels + from), from_stride,
                            reinterpret_cast<uint16_t*>(out_ + to), stride_zyx_});
    }
  }
}

}  // namespace stoker
