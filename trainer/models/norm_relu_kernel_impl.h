// What norm_relu_kernel_*.cc compile, each for its instruction set. Loops run over the channels of
// a row, so that the compiler makes vectors of them and each channel's sum adds up in order of
// rows. Included once in each of those files.
#pragma once

#include <algorithm>

#include "trainer/models/norm_relu_kernel.h"

namespace stoker {
namespace {

// Differences are taken from the first row: sums of squares lose nothing where the mean is far from
// zero.
void moments(const float* __restrict x, MapRows shape, float* __restrict mean,
             float* __restrict squares) {
  const auto [rows, channels] = shape;
  std::fill_n(mean, channels, 0.0f);
  std::fill_n(squares, channels, 0.0f);
  for (int64_t r = 1; r < rows; ++r) {
    const float* const row = x + r * channels;
    for (int64_t c = 0; c < channels; ++c) {
      const float difference = row[c] - x[c];
      mean[c] += difference;
      squares[c] += difference * difference;
    }
  }
  const auto count = static_cast<float>(rows);
  for (int64_t c = 0; c < channels; ++c) {
    const float from_first = mean[c] / count;
    squares[c] = std::max(squares[c] - mean[c] * from_first, 0.0f);
    mean[c] = x[c] + from_first;
  }
}

template <bool kAdded>
void forward_rows(const float* __restrict x, const float* __restrict added, NormLine line,
                  MapRows shape, float* __restrict y) {
  const float* __restrict scale = line.scale;
  const float* __restrict shift = line.shift;
  for (int64_t r = 0; r < shape.rows; ++r) {
    const int64_t at = r * shape.channels;
    for (int64_t c = 0; c < shape.channels; ++c) {
      float value = x[at + c] * scale[c] + shift[c];
      if constexpr (kAdded) value += added[at + c];
      y[at + c] = value <= 0.0f ? 0.0f : value;  // a NaN stays one
    }
  }
}

void forward(const float* x, const float* added, NormLine line, MapRows shape, float* y) {
  if (added == nullptr) {
    forward_rows<false>(x, added, line, shape, y);
  } else {
    forward_rows<true>(x, added, line, shape, y);
  }
}

void gradient_sums(const float* __restrict x, const float* __restrict dy, NormLine line,
                   const float* __restrict mean, MapRows shape, float* __restrict sums,
                   float* __restrict products) {
  const float* __restrict scale = line.scale;
  const float* __restrict shift = line.shift;
  std::fill_n(sums, shape.channels, 0.0f);
  std::fill_n(products, shape.channels, 0.0f);
  for (int64_t r = 0; r < shape.rows; ++r) {
    const int64_t at = r * shape.channels;
    for (int64_t c = 0; c < shape.channels; ++c) {
      const float value = x[at + c];
      const float up = dy[at + c];
      const float z = value * scale[c] + shift[c] <= 0.0f ? 0.0f : up;
      sums[c] += z;
      products[c] += z * (value - mean[c]);
    }
  }
}

// `z` may be `dy`.
void pass_where_positive(const float* y, const float* dy, int64_t count, float* z) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) {
    const float up = dy[i];
    z[i] = y[i] <= 0.0f ? 0.0f : up;
  }
}

void gradient_sums_of_added(const float* __restrict x, const float* y, const float* dy,
                            const float* __restrict mean, MapRows shape, float* z,
                            float* __restrict sums, float* __restrict products) {
  std::fill_n(sums, shape.channels, 0.0f);
  std::fill_n(products, shape.channels, 0.0f);
  for (int64_t r = 0; r < shape.rows; ++r) {
    const int64_t at = r * shape.channels;
    pass_where_positive(y + at, dy + at, shape.channels, z + at);
    for (int64_t c = 0; c < shape.channels; ++c) {
      sums[c] += z[at + c];
      products[c] += z[at + c] * (x[at + c] - mean[c]);
    }
  }
}

void gradient(const float* __restrict x, const float* dy, NormLine line, GradientLine gradient,
              MapRows shape, float* dx) {
  const float* __restrict scale = line.scale;
  const float* __restrict shift = line.shift;
  const float* __restrict mean = gradient.mean;
  const float* __restrict slope = gradient.slope;
  const float* __restrict offset = gradient.offset;
  for (int64_t r = 0; r < shape.rows; ++r) {
    const int64_t at = r * shape.channels;
#pragma GCC ivdep
    for (int64_t c = 0; c < shape.channels; ++c) {
      const float value = x[at + c];
      const float z = value * scale[c] + shift[c] <= 0.0f ? 0.0f : dy[at + c];
      dx[at + c] = z * scale[c] + ((value - mean[c]) * slope[c] + offset[c]);
    }
  }
}

void gradient_of_added(const float* __restrict x, const float* __restrict z, GradientLine gradient,
                       MapRows shape, float* __restrict dx) {
  const float* __restrict scale = gradient.scale;
  const float* __restrict mean = gradient.mean;
  const float* __restrict slope = gradient.slope;
  const float* __restrict offset = gradient.offset;
  for (int64_t r = 0; r < shape.rows; ++r) {
    const int64_t at = r * shape.channels;
    for (int64_t c = 0; c < shape.channels; ++c)
      dx[at + c] = z[at + c] * scale[c] + ((x[at + c] - mean[c]) * slope[c] + offset[c]);
  }
}

constexpr NormReluKernel kNormReluKernel{
    moments, forward, gradient_sums, gradient_sums_of_added, gradient, gradient_of_added};

}  // namespace
}  // namespace stoker
