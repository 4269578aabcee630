// scroll6 for one box: the source that feature_kernel_*.cc compile, each with its own flags.
//
// Smoothing goes along z first, straight from the bytes of the volume: the sums of mirrored voxels
// are shared by all sigmas, nothing has to be kept between planes, and slabs of a volume are
// independent of one another. A block of planes is then smoothed along y from a ring of rows, and
// along x row by row. Rings and rows stay in the core's own cache.
//
//   bytes --z--> ring of rows, 4 sigmas x kBlockZ planes --y--> rows --x--> G(1), and channels 1, 2
//   G(1) of kBlockZ + 4 planes --> gradients --> channels 3, 4, 5
//
// Each output is w0 v0, then fused multiply-adds of w_k (v_-k + v_k) for k = 1 .. radius: the order
// that makes bits the same however the work is cut.
//
// Only code of this file and of those it includes is called, so that no function compiled for one
// instruction set is linked in place of another.
#pragma once

#include "libdata/volume/feature_kernel_gradient.h"

namespace stoker {
namespace {

Range grown(const FeatureJob& job, size_t axis, int64_t reach) {
  return {larger_of(job.box.begin_zyx[axis] - reach, 0),
          smaller_of(job.box.end(axis) + reach, job.volume_zyx[axis])};
}

// Rows from y0 on, of the planes from z0 on: along y and x, out of the rings.
template <int sigmas, typename Voxel>
void smooth_block(const FeatureJob& job, const Buffers& buffers, Range planes, Range rows,
                  int64_t y_last, Range columns) {
  for (int64_t z = planes.begin; z < planes.end; ++z) {
    const int b = static_cast<int>(z - planes.begin);
    smooth_y<0>(job, buffers, b, rows.begin, y_last, columns);
    if constexpr (sigmas > 1) {
      smooth_y<1>(job, buffers, b, rows.begin, y_last, columns);
      smooth_y<2>(job, buffers, b, rows.begin, y_last, columns);
      smooth_y<3>(job, buffers, b, rows.begin, y_last, columns);
    }
    for (int64_t y = rows.begin; y < rows.end; ++y) {
      const int i = static_cast<int>(y - rows.begin);
      float* gaussian = gaussian_row(job, buffers, z, y);
      smooth_x_gaussian(job, buffers, i, gaussian);
      if constexpr (sigmas > 1) difference_row<Voxel>(job, buffers, i, z, y, gaussian);
    }
    if constexpr (sigmas > 1) store_rows(job, buffers, 0, z, rows);
  }
}

// Planes of one block: G(1), and where `sigmas` is 4 also channels 0, 1, 2.
template <int sigmas, typename Voxel>
void smooth_planes(const FeatureJob& job, const Buffers& buffers, Range planes) {
  const Range columns = grown(job, 2, kMaxRadius);
  const Range all_rows = grown(job, 1, kMaxRadius);
  const Range gaussian_rows = grown(job, 1, kGradientReach);
  int64_t next_row = all_rows.begin;
  // Rows around the box have G(1) alone: what is beyond their larger radii was not given.
  const Range parts[3] = {{gaussian_rows.begin, job.box.begin_zyx[1]},
                          {job.box.begin_zyx[1], job.box.end(1)},
                          {job.box.end(1), gaussian_rows.end}};
  for (int part = 0; part < 3; ++part) {
    for (int64_t y = parts[part].begin; y < parts[part].end; y += kBlockY) {
      const Range rows = {y, smaller_of(y + kBlockY, parts[part].end)};
      for (; next_row < smaller_of(y + kBlockY + kMaxRadius, all_rows.end); ++next_row) {
        smooth_z<sigmas, Voxel>(job, buffers, planes.begin, planes.end - 1, next_row, columns);
      }
      if (part == 1) {
        smooth_block<sigmas, Voxel>(job, buffers, planes, rows, rows.end - 1, columns);
      } else {
        smooth_block<1, Voxel>(job, buffers, planes, rows, rows.end - 1, columns);
      }
    }
  }
}

template <typename Voxel>
void run(const FeatureJob& job) {
  Buffers buffers;
  lay_out(job.box, buffers, job.scratch);
  const Range gaussian_planes = grown(job, 0, kGradientReach);
  int64_t next_gradient = job.box.begin_zyx[0];
  const auto finish_gradients = [&](int64_t smoothed_end) {
    const int64_t end =
        smoothed_end == gaussian_planes.end ? job.box.end(0) : smoothed_end - kGradientReach;
    if (end <= next_gradient) return;
    for (int64_t y = job.box.begin_zyx[1]; y < job.box.end(1); y += kBlockY) {
      const Range rows = {y, smaller_of(y + kBlockY, job.box.end(1))};
      for (int64_t z = next_gradient; z < end; ++z)
        gradient_block(job, buffers, z, rows);
    }
    next_gradient = end;
  };
  const Range parts[3] = {{gaussian_planes.begin, job.box.begin_zyx[0]},
                          {job.box.begin_zyx[0], job.box.end(0)},
                          {job.box.end(0), gaussian_planes.end}};
  for (int part = 0; part < 3; ++part) {
    for (int64_t z = parts[part].begin; z < parts[part].end; z += kBlockZ) {
      const Range planes = {z, smaller_of(z + kBlockZ, parts[part].end)};
      if (part == 1) {
        smooth_planes<kSigmas, Voxel>(job, buffers, planes);
      } else {
        smooth_planes<1, Voxel>(job, buffers, planes);
      }
      finish_gradients(planes.end);
    }
  }
}

}  // namespace
}  // namespace stoker
