#include "libdata/volume/voxel_copy.h"

#include <algorithm>
#include <cstring>

#include "libdata/volume/voxel_rows.h"

namespace stoker {
namespace {

constexpr int64_t kChunkBytes = 256;  // of a row of the box, put together at once
constexpr int64_t kMarginBytes = 64;  // at most what a brick's row reaches over a chunk's ends
constexpr int64_t kPitchBytes = kChunkBytes + 2 * kMarginBytes;

// Rows of a brick to another place, with the usual size known to the compiler.
template <typename Voxel>
void copy_rows_of(const Voxel* from, int64_t from_step, Voxel* to, int64_t to_step, int64_t width,
                  int64_t rows) {
  if (width == kBrickEdge) {
    for (; rows > 0; --rows, from += from_step, to += to_step)
      std::memcpy(to, from, kBrickEdge * sizeof(Voxel));
  } else {
    const size_t bytes = static_cast<size_t>(width) * sizeof(Voxel);
    for (; rows > 0; --rows, from += from_step, to += to_step)
      std::memcpy(to, from, bytes);
  }
}

template <typename Voxel>
void prefetch_rows(const Voxel* first, int64_t count) {
  const auto* const bytes = reinterpret_cast<const uint8_t*>(first);
  const size_t size_bytes = static_cast<size_t>(count) * sizeof(Voxel);
  for (size_t i = 0; i < size_bytes; i += kCacheLineBytes)
    prefetch(bytes + i);
}

// Where a plane of a brick lies: rows along x, one every `row_step` voxels.
template <typename Voxel>
struct Rows {
  const Voxel* first;
  int64_t row_step;
};

template <typename Voxel>
Rows<Voxel> rows_of(const BrickVoxels& brick, int64_t channel, const Zyx& place) {
  const auto* voxels = reinterpret_cast<const Voxel*>(brick.voxels);
  if (brick.is_one_row) return {voxels, 0};
  const Zyx& size = brick.box.size_zyx;
  const int64_t z = channel * size[0] + place[0] - brick.box.begin_zyx[0];
  return {voxels + (z * size[1] + place[1] - brick.box.begin_zyx[1]) * size[2], size[2]};
}

Box overlap(const Box& a, const Box& b) {
  Box both;
  for (size_t axis = 0; axis < 3; ++axis) {
    both.begin_zyx[axis] = std::max(a.begin_zyx[axis], b.begin_zyx[axis]);
    both.size_zyx[axis] =
        std::max<int64_t>(0, std::min(a.end(axis), b.end(axis)) - both.begin_zyx[axis]);
  }
  return both;
}

}  // namespace

VoxelCopy::VoxelCopy(const VolumeShape& shape, const Box& box, const Orientation& orientation,
                     uint8_t* out, bool past_cache)
    : box_(box),
      channels_(shape.channels),
      element_bytes_(static_cast<int64_t>(dtype_size(shape.dtype))),
      out_(out),
      past_cache_(past_cache) {
  const Zyx result_zyx = orientation.oriented(box.size_zyx);
  const Zyx result_stride{result_zyx[1] * result_zyx[2], result_zyx[2], 1};
  for (size_t axis = 0; axis < 3; ++axis) {
    const int64_t stride = result_stride[axis];
    if (orientation.reversed[axis]) first_voxel_ += (result_zyx[axis] - 1) * stride;
    stride_zyx_[orientation.source_axis[axis]] = orientation.reversed[axis] ? -stride : stride;
  }
}

int64_t VoxelCopy::target_voxel(const Zyx& place, int64_t channel) const {
  int64_t voxel = channel * box_.voxel_count() + first_voxel_;
  for (size_t axis = 0; axis < 3; ++axis)
    voxel += (place[axis] - box_.begin_zyx[axis]) * stride_zyx_[axis];
  return voxel;
}

// Rows that stay rows are put together from all bricks first, so that whole cache lines of the
// result are written at once.
template <typename Voxel>
void VoxelCopy::copy_rows(std::span<const BrickVoxels> run, const Box& part,
                          int64_t channel) const {
  constexpr int64_t kPitch = kPitchBytes / static_cast<int64_t>(sizeof(Voxel));
  constexpr int64_t kMargin = kMarginBytes / static_cast<int64_t>(sizeof(Voxel));
  alignas(kCacheLineBytes) Voxel plane[kBrickEdge * kPitch];
  alignas(kCacheLineBytes) Voxel reversed[kChunkBytes / sizeof(Voxel)];
  const int64_t count = part.size_zyx[2];
  const size_t row_bytes = static_cast<size_t>(count) * sizeof(Voxel);
  for (int64_t z = part.begin_zyx[0]; z < part.end(0); ++z) {
    const Zyx place{z, part.begin_zyx[1], part.begin_zyx[2]};
    for (const BrickVoxels& brick : run) {
      const int64_t begin = brick.box.begin_zyx[2] - part.begin_zyx[2];
      const int64_t width = brick.box.size_zyx[2];
      if (begin >= count || begin + width <= 0) continue;
      const Rows<Voxel> rows = rows_of<Voxel>(brick, channel, place);
      if (z + 1 < part.end(0)) {
        prefetch_rows(rows.first + rows.row_step * brick.box.size_zyx[1],
                      rows.row_step * part.size_zyx[1]);
      }
      copy_rows_of(rows.first, rows.row_step, plane + kMargin + begin, kPitch, width,
                   part.size_zyx[1]);
    }
    int64_t target = target_voxel(place, channel);
    for (int64_t y = 0; y < part.size_zyx[1]; ++y, target += stride_zyx_[1]) {
      const Voxel* from = plane + y * kPitch + kMargin;
      auto* to = reinterpret_cast<Voxel*>(out_) + target;
      if (stride_zyx_[2] < 0) {
        reverse_row(from, reversed, count);
        from = reversed;
        to -= count - 1;
      }
      const bool whole_lines = (reinterpret_cast<uintptr_t>(to) | row_bytes) % kCacheLineBytes == 0;
      if (past_cache_ && whole_lines) {
        store_past_cache(reinterpret_cast<uint8_t*>(to), reinterpret_cast<const uint8_t*>(from),
                         row_bytes);
      } else {
        std::memcpy(to, from, row_bytes);
      }
    }
  }
}

// x of the brick runs along y or z of the result: planes of (unit axis, x) are transposed in tiles,
// and rows of what comes out go to the result.
template <typename Voxel>
void VoxelCopy::copy_columns(const BrickVoxels& brick, int64_t channel) const {
  const Box part = overlap(brick.box, box_);
  const size_t unit = stride_zyx_[1] == 1 || stride_zyx_[1] == -1 ? 1 : 0;
  const size_t other = 1 - unit;
  const int64_t count = part.size_zyx[unit];
  const bool backwards = stride_zyx_[unit] < 0;
  auto* const out = reinterpret_cast<Voxel*>(out_);
  // Within the brick, along the unit axis and x: what is wanted, and the tiles around it.
  constexpr int64_t kTile = kTileEdge<Voxel>;
  const int64_t first_unit = part.begin_zyx[unit] - brick.box.begin_zyx[unit];
  const int64_t first_x = part.begin_zyx[2] - brick.box.begin_zyx[2];
  const int64_t end_x = first_x + part.size_zyx[2];
  const bool is_whole =
      brick.box.size_zyx[unit] == kBrickEdge && brick.box.size_zyx[2] == kBrickEdge;
  alignas(kCacheLineBytes) Voxel columns[kBrickEdge * kBrickEdge];  // [x][unit]
  for (int64_t o = part.begin_zyx[other]; o < part.end(other); ++o) {
    Zyx place = part.begin_zyx;
    place[other] = o;
    Voxel* to = out + target_voxel(place, channel) - (backwards ? count - 1 : 0);
    place[unit] = brick.box.begin_zyx[unit];
    const Voxel* from = rows_of<Voxel>(brick, channel, place).first;
    const int64_t step = brick.box.size_zyx[2] * (unit == 0 ? brick.box.size_zyx[1] : int64_t{1});
    if (brick.is_one_row) {
      for (int64_t x = 0; x < part.size_zyx[2]; ++x, to += stride_zyx_[2])
        std::fill_n(to, count, *from);
    } else if (is_whole) {
      const int64_t first = backwards ? kBrickEdge - first_unit - count : first_unit;
      const Voxel* const start = backwards ? from + (kBrickEdge - 1) * step : from;
      const int64_t signed_step = backwards ? -step : step;
      for (int64_t u = first / kTile * kTile; u < first + count; u += kTile) {
        for (int64_t x = first_x / kTile * kTile; x < end_x; x += kTile) {
          transpose_tile(start + u * signed_step + x, signed_step, columns + x * kBrickEdge + u,
                         kBrickEdge);
        }
      }
      copy_rows_of(columns + first_x * kBrickEdge + first, kBrickEdge, to, stride_zyx_[2], count,
                   part.size_zyx[2]);
    } else {
      for (int64_t x = first_x; x < end_x; ++x, to += stride_zyx_[2]) {
        for (int64_t u = 0; u < count; ++u)
          to[u] = from[(first_unit + (backwards ? count - 1 - u : u)) * step + x];
      }
    }
  }
}

template <typename Voxel>
void VoxelCopy::copy_run(std::span<const BrickVoxels> run) const {
  for (int64_t channel = 0; channel < channels_; ++channel) {
    // A result of one voxel along x has more than one axis of step 1: then any will do.
    if (stride_zyx_[2] != 1 && stride_zyx_[2] != -1) {
      for (const BrickVoxels& brick : run)
        copy_columns<Voxel>(brick, channel);
      continue;
    }
    Box whole = run.front().box;
    whole.size_zyx[2] = run.back().box.end(2) - whole.begin_zyx[2];
    Box part = overlap(whole, box_);
    const int64_t end = part.end(2);
    constexpr int64_t kChunk = kChunkBytes / static_cast<int64_t>(sizeof(Voxel));
    for (; part.begin_zyx[2] < end; part.begin_zyx[2] += kChunk) {
      part.size_zyx[2] = std::min(kChunk, end - part.begin_zyx[2]);
      copy_rows<Voxel>(run, part, channel);
    }
  }
}

void VoxelCopy::from_run(std::span<const BrickVoxels> run) const {
  if (run.empty()) return;
  if (element_bytes_ == 1) {
    copy_run<uint8_t>(run);
  } else {
    copy_run<uint16_t>(run);
  }
}

void VoxelCopy::finish() const {
  if (past_cache_) store_fence();
}

}  // namespace stoker
