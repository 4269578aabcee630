// The loops of a batch norm with ReLU (norm_relu.h), as compiled for one instruction set.
//
// A map is `rows` x `channels` floats, channels last: a row is one pixel of one image. Per channel,
// y = max(x * scale + shift + added, 0), `added` being nothing, or a map. All versions give the
// same bits. Each call takes a range of rows, so that threads can share a map; pointers may not
// overlap, except where said. Thread-safety: pure functions.
#pragma once

#include <cstdint>

namespace stoker {

struct MapRows {
  int64_t rows = 0;
  int64_t channels = 0;
};

// One value a channel each.
struct NormLine {
  const float* scale = nullptr;
  const float* shift = nullptr;
};

// dx = z * scale + (x - mean) * slope + offset, where z is the gradient behind the ReLU.
struct GradientLine {
  const float* scale = nullptr;
  const float* mean = nullptr;
  const float* slope = nullptr;
  const float* offset = nullptr;
};

struct NormReluKernel {
  // Mean of the rows, and the sum of squared differences from it; at least one row.
  void (*moments)(const float* x, MapRows shape, float* mean, float* squares);
  // `added` may be null.
  void (*forward)(const float* x, const float* added, NormLine line, MapRows shape, float* y);
  // The sums over rows of z and of z * (x - mean), z being `dy` where the ReLU let through. Nothing
  // added: tells so by x and `line`.
  void (*gradient_sums)(const float* x, const float* dy, NormLine line, const float* mean,
                        MapRows shape, float* sums, float* products);
  // Something added: tells by `y`, and writes z, which is the gradient of what was added.
  // `z` may be `dy`.
  void (*gradient_sums_of_added)(const float* x, const float* y, const float* dy, const float* mean,
                                 MapRows shape, float* z, float* sums, float* products);
  // Nothing added: from `dy`, and `dx` may be that. The two after `gradient_sums` and
  // `gradient_sums_of_added`.
  void (*gradient)(const float* x, const float* dy, NormLine line, GradientLine gradient,
                   MapRows shape, float* dx);
  void (*gradient_of_added)(const float* x, const float* z, GradientLine gradient, MapRows shape,
                            float* dx);
};

extern const NormReluKernel kBaselineNormReluKernel;
#if defined(__x86_64__)
extern const NormReluKernel kAvx2NormReluKernel;
#endif

// The fastest that this machine runs.
const NormReluKernel& norm_relu_kernel();

}  // namespace stoker
