// Channels 3, 4, 5 for feature_kernel_impl.h: first and second differences of G(1). Compiled for
// one instruction set, as all of that kernel.
#pragma once

#include "libdata/volume/feature_kernel_smooth.h"

namespace stoker {
namespace {

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

}  // namespace
}  // namespace stoker
