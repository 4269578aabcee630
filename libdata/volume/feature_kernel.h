// The inner loops of scroll6 (features.h): one source, feature_kernel_impl.h, compiled once for
// each instruction set, and the table to choose from.
//
// All versions give the same bits: the same operations in the same order for every voxel, fused
// multiply-adds where all of them have one, and 16 lanes for the moments.
#pragma once

#include <cstddef>
#include <cstdint>

#include "libdata/volume/volume_geometry.h"

namespace stoker {

inline constexpr int kSigmas = 4;
inline constexpr int kRadii[kSigmas] = {4, 6, 8, 12};  // int(4 sigma + 0.5)
inline constexpr int kMaxRadius = 12;
inline constexpr int kGradientReach = 2;  // of D(D(G(1)))
inline constexpr int kMomentLanes = 16;   // partial sums of a row: x modulo 16

// Sums over a row for three channels, of values and of their squares.
struct RowMoments {
  float sum[3][kMomentLanes];
  float square[3][kMomentLanes];
};

// What one call of a kernel works on: a box of a volume.
struct FeatureJob {
  Zyx volume_zyx;  // where the borders are
  Box box;         // what is asked for
  // The voxel at (z, y, x) is source[(z - begin[0]) * stride_z + (y - begin[1]) * stride_y +
  // (x - begin[2])]; all of the box and its halo, cut at the volume's ends, is there. Of the
  // kernel's type: uint8_t, or uint16_t, which are taken to 0..255 as they are loaded.
  const void* source;
  Zyx source_begin_zyx;
  int64_t source_stride_z;
  int64_t source_stride_y;
  float weights[kSigmas][kMaxRadius + 1];
  float* scratch;  // scratch_bytes of it, 64-byte aligned; any finite numbers
  // Finished rows y .. y + count - 1 of the box, `pitch` apart; the first voxel is at
  // box.begin_zyx[2]. Several at once, so that bricks are written in long pieces.
  void (*store_rows)(void* context, int channel, int64_t z, int64_t y, int64_t count,
                     const uint16_t* rows, int64_t pitch);
  // Channels first_channel .. first_channel + 2 of a row. Null: not wanted.
  void (*add_moments)(void* context, int first_channel, int64_t z, int64_t y,
                      const RowMoments& moments);
  void* context;
};

struct FeatureKernel {
  size_t (*scratch_bytes)(const Box& box);
  void (*run)(const FeatureJob& job);
};

// One translation unit each: with both types in one, GCC no longer inlines what they share, and
// that costs 9 % (AVX-512).
extern const FeatureKernel kPortableFeatureKernel;    // of uint8_t
extern const FeatureKernel kPortableFeatureKernel16;  // of uint16_t
#if defined(__x86_64__)
extern const FeatureKernel kAvx2FeatureKernel;
extern const FeatureKernel kAvx2FeatureKernel16;
extern const FeatureKernel kAvx512FeatureKernel;
extern const FeatureKernel kAvx512FeatureKernel16;
#endif

}  // namespace stoker
