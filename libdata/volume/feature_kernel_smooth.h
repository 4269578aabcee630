// Gaussian smoothing along z, y and x for feature_kernel_impl.h, with channels 0, 1, 2, which come
// straight from smoothed rows. Compiled for one instruction set, as all of that kernel.
#pragma once

#include "libdata/volume/feature_kernel_memory.h"

namespace stoker {
namespace {

// ---- along z

// kLanes columns of kBlockZ planes: in[i] is the plane i - kMaxRadius of the block.
template <int sigmas, typename Voxel>
inline void smooth_z_lanes(const Voxel* const* in, int64_t column,
                           const float (*weights)[kMaxRadius + 1], float* const (*out)[kBlockZ],
                           int64_t to) {
  constexpr int kReach = sigmas == 1 ? kRadii[0] : kMaxRadius;
  Lanes below[kBlockZ];
  Lanes above[kBlockZ];
  Lanes sum[sigmas][kBlockZ];
#pragma GCC unroll 8
  for (int b = 0; b < kBlockZ; ++b) {
    below[b] = above[b] = load_voxels(in[kMaxRadius + b] + column);
#pragma GCC unroll 8
    for (int s = 0; s < sigmas; ++s)
      sum[s][b] = below[b] * broadcast(weights[s][0]);
  }
#pragma GCC unroll 16
  for (int k = 1; k <= kReach; ++k) {
#pragma GCC unroll 8
    for (int b = kBlockZ - 1; b > 0; --b)
      below[b] = below[b - 1];
    below[0] = load_voxels(in[kMaxRadius - k] + column);
#pragma GCC unroll 8
    for (int b = 0; b + 1 < kBlockZ; ++b)
      above[b] = above[b + 1];
    above[kBlockZ - 1] = load_voxels(in[kMaxRadius + kBlockZ - 1 + k] + column);
#pragma GCC unroll 8
    for (int b = 0; b < kBlockZ; ++b) {
      const Lanes pair = below[b] + above[b];
#pragma GCC unroll 8
      for (int s = 0; s < sigmas; ++s) {
        if (k <= kRadii[s]) sum[s][b] = fma(broadcast(weights[s][k]), pair, sum[s][b]);
      }
    }
  }
#pragma GCC unroll 8
  for (int b = 0; b < kBlockZ; ++b) {
#pragma GCC unroll 8
    for (int s = 0; s < sigmas; ++s)
      store(out[s][b] + to, sum[s][b]);
  }
}

// A row y of the planes from z0 on, all columns of `columns` (of the volume), into the rings.
template <int sigmas, typename Voxel>
void smooth_z(const FeatureJob& job, const Buffers& buffers, int64_t z0, int64_t z_last, int64_t y,
              Range columns) {
  constexpr int kInputs = kBlockZ + 2 * kMaxRadius;
  constexpr int64_t kReach = sigmas == 1 ? kRadii[0] : kMaxRadius;
  const Voxel* in[kInputs];
  for (int i = 0; i < kInputs; ++i) {
    // Planes that only feed outputs nobody asked for may be missing: any other will do.
    const int64_t z = larger_of(smaller_of(z0 - kMaxRadius + i, z_last + kReach), z0 - kReach);
    const int64_t plane = mirrored(z, job.volume_zyx[0]);
    in[i] = static_cast<const Voxel*>(job.source) +
            (plane - job.source_begin_zyx[0]) * job.source_stride_z +
            (y - job.source_begin_zyx[1]) * job.source_stride_y +
            (columns.begin - job.source_begin_zyx[2]);
  }
  const int64_t first = kMargin + columns.begin - job.box.begin_zyx[2];
  float* out[sigmas][kBlockZ];
  for (int s = 0; s < sigmas; ++s) {
    for (int b = 0; b < kBlockZ; ++b) {
      out[s][b] = buffers.ring[s] + (b * ring_rows(s) + y % ring_rows(s)) * buffers.pitch + first;
    }
  }
  const int64_t count = columns.end - columns.begin;
  int64_t column = 0;
  for (; column + kLanes <= count; column += kLanes) {
    smooth_z_lanes<sigmas>(in, column, job.weights, out, column);
  }
  if (column == count) return;
  const Voxel* tail[kInputs];
  for (int i = 0; i < kInputs; ++i) {
    Voxel* const to = static_cast<Voxel*>(buffers.tail) + i * kLanes;
    std::memcpy(to, in[i] + column, static_cast<size_t>(count - column) * sizeof(Voxel));
    tail[i] = to;
  }
  smooth_z_lanes<sigmas>(tail, 0, job.weights, out, column);
}

// ---- along y

template <int radius>
void smooth_y_rows(const float* const* in, float* const* out, Range columns, const float* weights) {
  for (int64_t column = columns.begin; column < columns.end; column += kLanes) {
    Lanes below[kBlockY];
    Lanes above[kBlockY];
    Lanes sum[kBlockY];
#pragma GCC unroll 8
    for (int b = 0; b < kBlockY; ++b) {
      below[b] = above[b] = load(in[radius + b] + column);
      sum[b] = below[b] * broadcast(weights[0]);
    }
#pragma GCC unroll 16
    for (int k = 1; k <= radius; ++k) {
      const Lanes weight = broadcast(weights[k]);
#pragma GCC unroll 8
      for (int b = kBlockY - 1; b > 0; --b)
        below[b] = below[b - 1];
      below[0] = load(in[radius - k] + column);
#pragma GCC unroll 8
      for (int b = 0; b + 1 < kBlockY; ++b)
        above[b] = above[b + 1];
      above[kBlockY - 1] = load(in[radius + kBlockY - 1 + k] + column);
#pragma GCC unroll 8
      for (int b = 0; b < kBlockY; ++b)
        sum[b] = fma(weight, below[b] + above[b], sum[b]);
    }
#pragma GCC unroll 8
    for (int b = 0; b < kBlockY; ++b)
      store(out[b] + column, sum[b]);
  }
}

// Columns before the volume's first and after its last are those mirrored.
void mirror_columns(const FeatureJob& job, float* row, int radius, Range columns) {
  const int64_t shift = kMargin - job.box.begin_zyx[2];
  const int64_t width = job.volume_zyx[2];
  if (columns.begin == 0) {
    for (int64_t x = larger_of(-radius, -shift); x < 0; ++x)
      row[x + shift] = row[mirrored(x, width) + shift];
  }
  if (columns.end == width) {
    for (int64_t x = width; x < width + radius; ++x) {
      row[x + shift] = row[mirrored(x, width) + shift];
    }
  }
}

// kBlockY rows from y0 on of plane b of the block, for sigma s.
template <int s>
void smooth_y(const FeatureJob& job, const Buffers& buffers, int b, int64_t y0, int64_t y_last,
              Range columns) {
  constexpr int kRadius = kRadii[s];
  constexpr int kInputs = kBlockY + 2 * kRadius;
  const float* in[kInputs];
  const float* ring = buffers.ring[s] + b * ring_rows(s) * buffers.pitch;
  for (int i = 0; i < kInputs; ++i) {
    const int64_t y = mirrored(smaller_of(y0 - kRadius + i, y_last + kRadius), job.volume_zyx[1]);
    in[i] = ring + y % ring_rows(s) * buffers.pitch;
  }
  float* out[kBlockY];
  for (int i = 0; i < kBlockY; ++i)
    out[i] = buffers.smooth_y[s] + i * buffers.pitch;
  const int64_t shift = kMargin - job.box.begin_zyx[2];
  smooth_y_rows<kRadius>(in, out, {columns.begin + shift, columns.end + shift}, job.weights[s]);
  for (int i = 0; i < kBlockY; ++i)
    mirror_columns(job, out[i], kRadius, columns);
}

// ---- along x

template <int radius>
inline void smooth_x_lanes(const float* row, const float* weights, Lanes* sum) {
#pragma GCC unroll 4
  for (int u = 0; u < kUnrollX; ++u)
    sum[u] = load(row + u * kLanes) * broadcast(weights[0]);
#pragma GCC unroll 16
  for (int k = 1; k <= radius; ++k) {
    const Lanes weight = broadcast(weights[k]);
#pragma GCC unroll 4
    for (int u = 0; u < kUnrollX; ++u) {
      const float* at = row + u * kLanes;
      sum[u] = fma(weight, load(at - k) + load(at + k), sum[u]);
    }
  }
}

// Moments of up to three channels of a row. The first kMomentLanes / kLanes vectors of sums are for
// columns 0 .. 15, whatever the width of a vector.
struct MomentSums {
  static constexpr int kParts = kMomentLanes / kLanes;
  Lanes sum[3][kParts];
  Lanes square[3][kParts];
};

void clear(MomentSums& sums) {
  for (int c = 0; c < 3; ++c) {
    for (int part = 0; part < MomentSums::kParts; ++part) {
      sums.sum[c][part] = sums.square[c][part] = Lanes{};
    }
  }
}

// Columns past the row's end count as 0.
inline Lanes keep_first(Lanes values, int64_t count) {
  for (int lane = 0; lane < kLanes; ++lane) {
    if (lane >= count) values[lane] = 0.0f;
  }
  return values;
}

inline void add_values(MomentSums& sums, int channel, int part, Lanes values, int64_t left) {
  if (left < kLanes) values = keep_first(values, left);
  sums.sum[channel][part] += values;
  sums.square[channel][part] = fma(values, values, sums.square[channel][part]);
}

void report(const FeatureJob& job, int first_channel, int64_t z, int64_t y,
            const MomentSums& sums) {
  RowMoments moments;
  for (int c = 0; c < 3; ++c) {
    for (int part = 0; part < MomentSums::kParts; ++part) {
      store(moments.sum[c] + part * kLanes, sums.sum[c][part]);
      store(moments.square[c] + part * kLanes, sums.square[c][part]);
    }
  }
  job.add_moments(job.context, first_channel, z, y, moments);
}

void store_rows(const FeatureJob& job, const Buffers& buffers, int first_channel, int64_t z,
                Range rows) {
  for (int c = 0; c < 3; ++c) {
    job.store_rows(job.context, first_channel + c, z, rows.begin, rows.end - rows.begin,
                   buffers.half[c], buffers.half_pitch);
  }
}

float* gaussian_row(const FeatureJob& job, const Buffers& buffers, int64_t z, int64_t y) {
  const int64_t row = y - job.box.begin_zyx[1] + kGradientReach;
  return buffers.gaussian + (z % kRingPlanes * buffers.gaussian_rows + row) * buffers.pitch;
}

// G(1) of a row, with the two columns on each side that gradients need.
void smooth_x_gaussian(const FeatureJob& job, const Buffers& buffers, int i, float* out) {
  const float* row = buffers.smooth_y[0] + i * buffers.pitch;
  const int64_t begin = job.box.begin_zyx[2] > 0 ? kMargin - kLanes : kMargin;
  const int64_t end = kMargin + job.box.size_zyx[2] + kGradientReach;
  for (int64_t column = begin; column < end; column += kUnrollX * kLanes) {
    Lanes sum[kUnrollX];
    smooth_x_lanes<kRadii[0]>(row + column, job.weights[0], sum);
#pragma GCC unroll 4
    for (int u = 0; u < kUnrollX; ++u)
      store(out + column + u * kLanes, sum[u]);
  }
}

// Channel 0 of a row: the voxels themselves. 1 / 255 as a factor gives the same float16 as
// dividing.
template <typename Voxel>
void raw_row(const FeatureJob& job, const Buffers& buffers, int64_t z, int64_t y, uint16_t* half,
             MomentSums* sums) {
  const Voxel* voxels = static_cast<const Voxel*>(job.source) +
                        (z - job.source_begin_zyx[0]) * job.source_stride_z +
                        (y - job.source_begin_zyx[1]) * job.source_stride_y +
                        (job.box.begin_zyx[2] - job.source_begin_zyx[2]);
  const int64_t count = job.box.size_zyx[2];
  for (int64_t column = 0; column < count; column += kLanes) {
    Lanes values;
    if (column + kLanes <= count) {
      values = load_voxels(voxels + column);
    } else {
      std::memcpy(buffers.tail, voxels + column,
                  static_cast<size_t>(count - column) * sizeof(Voxel));
      values = load_voxels(static_cast<const Voxel*>(buffers.tail));
    }
    values *= broadcast(1.0f / 255.0f);
    store_half(half + column, values);
    if (sums != nullptr) {
      add_values(*sums, 0, static_cast<int>(column / kLanes % MomentSums::kParts), values,
                 count - column);
    }
  }
}

// Channels 0, 1, 2 of a row.
template <typename Voxel>
void difference_row(const FeatureJob& job, const Buffers& buffers, int i, int64_t z, int64_t y,
                    const float* gaussian) {
  const float* rows[kSigmas];
  for (int s = 0; s < kSigmas; ++s)
    rows[s] = buffers.smooth_y[s] + i * buffers.pitch;
  MomentSums sums;
  if (job.add_moments != nullptr) clear(sums);
  uint16_t* half[3];
  for (int c = 0; c < 3; ++c)
    half[c] = buffers.half[c] + i * buffers.half_pitch;
  raw_row<Voxel>(job, buffers, z, y, half[0], job.add_moments != nullptr ? &sums : nullptr);
  const int64_t count = job.box.size_zyx[2];
  for (int64_t column = 0; column < count; column += kUnrollX * kLanes) {
    Lanes fine[kUnrollX];
    Lanes middle[kUnrollX];
    Lanes coarse[kUnrollX];
    smooth_x_lanes<kRadii[1]>(rows[1] + kMargin + column, job.weights[1], fine);
    smooth_x_lanes<kRadii[2]>(rows[2] + kMargin + column, job.weights[2], middle);
    smooth_x_lanes<kRadii[3]>(rows[3] + kMargin + column, job.weights[3], coarse);
#pragma GCC unroll 4
    for (int u = 0; u < kUnrollX; ++u) {
      const int64_t at = column + u * kLanes;
      const Lanes first = load(gaussian + kMargin + at) - fine[u];
      const Lanes second = middle[u] - coarse[u];
      store_half(half[1] + at, first);
      store_half(half[2] + at, second);
      if (job.add_moments != nullptr && at < count) {
        const int part = static_cast<int>(at / kLanes % MomentSums::kParts);
        add_values(sums, 1, part, first, count - at);
        add_values(sums, 2, part, second, count - at);
      }
    }
  }
  if (job.add_moments != nullptr) report(job, 0, z, y, sums);
}

}  // namespace
}  // namespace stoker
