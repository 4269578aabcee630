// Where the rows of feature_kernel_impl.h lie in a core's scratch memory, and how an axis goes on
// past its ends. Compiled for one instruction set, as all of that kernel.
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

}  // namespace
}  // namespace stoker
