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
// Only code of this file and of feature_lanes.h is called, so that no function compiled for one
// instruction set is linked in place of another.
#pragma once

#include "libdata/volume/feature_kernel.h"
#include "libdata/volume/feature_lanes.h"

namespace stoker {
namespace {

// Outputs computed together from vectors in registers: what 32 or 16 registers hold.
constexpr int kBlockZ = kLanes == 16 ? 4 : 2;
constexpr int kBlockY = kLanes == 16 ? 8 : 4;
constexpr int kUnrollX = 4;
constexpr int64_t kMargin = 16;  // columns before the box's first in every row; kMaxRadius or more
constexpr int64_t kSlack = 64;   // floats that whole blocks of vectors may run past a row's end
constexpr int kRingPlanes = kBlockZ + 2 * kGradientReach;

constexpr int64_t smaller_of(int64_t a, int64_t b) {
  return a < b ? a : b;
}
constexpr int64_t larger_of(int64_t a, int64_t b) {
  return a > b ? a : b;
}

// Half-sample symmetric border, repeated where the axis is shorter than the way out.
int64_t mirrored(int64_t i, int64_t size) {
  const int64_t period = 2 * size;
  if (i >= 0 && i < size) return i;
  if (i >= -size && i < 0) return -1 - i;
  if (i >= size && i < period) return period - 1 - i;
  i %= period;
  if (i < 0) i += period;
  return i < size ? i : period - 1 - i;
}

// Rows of the ring that sigma s keeps: from its radius behind to the largest radius ahead.
constexpr int64_t ring_rows(int s) {
  return kBlockY + kMaxRadius + kRadii[s];
}

struct Range {
  int64_t begin;
  int64_t end;
};

// Where everything lies in the scratch memory.
struct Buffers {
  int64_t pitch;             // floats from row to row
  float* ring[kSigmas];      // [kBlockZ][ring_rows(s)][pitch]: smoothed along z
  float* smooth_y[kSigmas];  // [kBlockY][pitch]: along z and y, with mirrored columns
  float* gaussian;           // [kRingPlanes][rows][pitch]: G(1), rows of the box and 2 around it
  float* slope;              // [pitch]: D along x of a row of G(1)
  float* bend;               // [pitch]: D of that
  uint16_t* half[3];         // [kBlockY][half_pitch] each: finished rows of three channels
  void* tail;                // [kBlockZ + 2 * kMaxRadius][kLanes]: last voxels of rows
  int64_t gaussian_rows;
  int64_t half_pitch;
};

size_t lay_out(const Box& box, Buffers& buffers, float* scratch) {
  int64_t used = 0;
  const auto take = [&](int64_t floats) {
    float* at = scratch + used;
    used += (floats + 15) / 16 * 16;
    return at;
  };
  buffers.pitch = (kMargin + box.size_zyx[2] + kMargin + kSlack + 15) / 16 * 16;
  // A pitch of a multiple of 1 KiB would put rows on top of one another in the cache.
  if (buffers.pitch % 256 == 0) buffers.pitch += 16;
  buffers.gaussian_rows = box.size_zyx[1] + 2 * kGradientReach;
  take(kMargin);  // rows may be read a little before their start
  for (int s = 0; s < kSigmas; ++s)
    buffers.ring[s] = take(kBlockZ * ring_rows(s) * buffers.pitch);
  for (int s = 0; s < kSigmas; ++s)
    buffers.smooth_y[s] = take(kBlockY * buffers.pitch);
  buffers.gaussian = take(kRingPlanes * buffers.gaussian_rows * buffers.pitch);
  buffers.slope = take(buffers.pitch);
  buffers.bend = take(buffers.pitch);
  buffers.half_pitch = (buffers.pitch + 31) / 32 * 32;
  for (uint16_t*& half : buffers.half)
    half = reinterpret_cast<uint16_t*>(take(kBlockY * buffers.half_pitch / 2));
  buffers.tail = take((kBlockZ + 2 * kMaxRadius) * kLanes);
  take(kSlack);
  return static_cast<size_t>(used) * sizeof(float);
}

size_t scratch_bytes(const Box& box) {
  Buffers buffers;
  return lay_out(box, buffers, nullptr);
}

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

// ---- gradients

// numpy.gradient at one place of an axis: (f[after] - f[before]) * scale.
struct Difference {
  int64_t before;
  int64_t after;
  float scale;
};

Difference difference_at(int64_t i, int64_t size) {
  const int64_t before = larger_of(i - 1, 0);
  const int64_t after = smaller_of(i + 1, size - 1);
  return {before, after, after - before == 2 ? 0.5f : after > before ? 1.0f : 0.0f};
}

// The same, twice: the differences at both ends of a difference.
struct AxisDifferences {
  Difference here;
  Difference before;
  Difference after;
};

AxisDifferences axis_differences(int64_t i, int64_t size) {
  const Difference here = difference_at(i, size);
  return {here, difference_at(here.before, size), difference_at(here.after, size)};
}

// D and D D along x of a row of G(1), for the columns of the box.
void slope_row(const FeatureJob& job, const Buffers& buffers, const float* row) {
  const int64_t width = job.volume_zyx[2];
  const int64_t shift = kMargin - job.box.begin_zyx[2];
  const int64_t begin = larger_of(job.box.begin_zyx[2] - 1, 0) + shift;
  const int64_t end = smaller_of(job.box.end(2) + 1, width) + shift;
  const Lanes half = broadcast(0.5f);
  for (int64_t column = begin; column < end; column += kLanes) {
    store(buffers.slope + column, (load(row + column + 1) - load(row + column - 1)) * half);
  }
  const auto mend = [&](const float* from, float* to, int64_t x) {
    const Difference d = difference_at(x, width);
    to[x + shift] = (from[d.after + shift] - from[d.before + shift]) * d.scale;
  };
  // The vectors above took columns outside the volume for neighbours of its first and last.
  if (begin - shift == 0) mend(row, buffers.slope, 0);
  if (end - shift == width) mend(row, buffers.slope, width - 1);
  for (int64_t column = kMargin; column < kMargin + job.box.size_zyx[2]; column += kLanes) {
    store(buffers.bend + column,
          (load(buffers.slope + column + 1) - load(buffers.slope + column - 1)) * half);
  }
  if (job.box.begin_zyx[2] == 0) mend(buffers.slope, buffers.bend, 0);
  if (job.box.end(2) == width) mend(buffers.slope, buffers.bend, width - 1);
}

// Rows of G(1) for D and D D along one axis.
struct GradientRows {
  const float* before;
  const float* after;
  const float* before_before;
  const float* before_after;
  const float* after_before;
  const float* after_after;
  Lanes scale;
  Lanes scale_before;
  Lanes scale_after;
};

template <typename RowAt>
GradientRows gradient_rows(const AxisDifferences& d, const RowAt& row_at) {
  return {row_at(d.here.before),   row_at(d.here.after),      row_at(d.before.before),
          row_at(d.before.after),  row_at(d.after.before),    row_at(d.after.after),
          broadcast(d.here.scale), broadcast(d.before.scale), broadcast(d.after.scale)};
}

inline Lanes first_difference(const GradientRows& rows, int64_t column) {
  return (load(rows.after + column) - load(rows.before + column)) * rows.scale;
}

inline Lanes second_difference(const GradientRows& rows, int64_t column) {
  const Lanes after =
      (load(rows.after_after + column) - load(rows.after_before + column)) * rows.scale_after;
  const Lanes before =
      (load(rows.before_after + column) - load(rows.before_before + column)) * rows.scale_before;
  return (after - before) * rows.scale;
}

// Channels 3, 4, 5 of a row.
void gradient_row(const FeatureJob& job, const Buffers& buffers, int i, int64_t z, int64_t y) {
  const GradientRows along_z =
      gradient_rows(axis_differences(z, job.volume_zyx[0]),
                    [&](int64_t at) { return gaussian_row(job, buffers, at, y); });
  const GradientRows along_y =
      gradient_rows(axis_differences(y, job.volume_zyx[1]),
                    [&](int64_t at) { return gaussian_row(job, buffers, z, at); });
  slope_row(job, buffers, gaussian_row(job, buffers, z, y));
  MomentSums sums;
  if (job.add_moments != nullptr) clear(sums);
  uint16_t* half = buffers.half[0] + i * buffers.half_pitch;
  const int64_t channel_pitch = buffers.half[1] - buffers.half[0];
  const int64_t count = job.box.size_zyx[2];
  for (int64_t at = 0; at < count; at += kLanes) {
    const int64_t column = kMargin + at;
    const Lanes dz = first_difference(along_z, column);
    const Lanes dy = first_difference(along_y, column);
    const Lanes dx = load(buffers.slope + column);
    const Lanes trace = second_difference(along_z, column) + second_difference(along_y, column) +
                        load(buffers.bend + column);
    const Lanes norm = square_root(fma(dx, dx, fma(dy, dy, dz * dz)));
    const Lanes ratio = smaller(absolute(dy) / (absolute(dx) + broadcast(1e-3f)), broadcast(20.0f));
    store_half(half + at, trace);
    store_half(half + channel_pitch + at, norm);
    store_half(half + 2 * channel_pitch + at, ratio);
    if (job.add_moments != nullptr) {
      const int part = static_cast<int>(at / kLanes % MomentSums::kParts);
      add_values(sums, 0, part, trace, count - at);
      add_values(sums, 1, part, norm, count - at);
      add_values(sums, 2, part, ratio, count - at);
    }
  }
  if (job.add_moments != nullptr) report(job, 3, z, y, sums);
}

void gradient_block(const FeatureJob& job, const Buffers& buffers, int64_t z, Range rows) {
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    gradient_row(job, buffers, static_cast<int>(y - rows.begin), z, y);
  }
  store_rows(job, buffers, 3, z, rows);
}

// ---- the box

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
