// Volumes whose every voxel follows from its place, for the tests of bricks and loaders.
#pragma once

#include <cstdint>
#include <cstring>

#include "libdata/volume/bricks.h"

namespace stoker {

// The value of a voxel: no two neighbours alike, and every axis tells itself apart.
inline uint16_t voxel_at(int64_t c, int64_t z, int64_t y, int64_t x) {
  return static_cast<uint16_t>(c * 40009 + z * 10007 + y * 101 + x);
}

inline Bytes make_voxels(const VolumeShape& shape) {
  const size_t element = dtype_size(shape.dtype);
  Bytes bytes(shape.byte_count());
  uint8_t* to = bytes.data();
  for (int64_t c = 0; c < shape.channels; ++c) {
    for (int64_t z = 0; z < shape.size_zyx[0]; ++z) {
      for (int64_t y = 0; y < shape.size_zyx[1]; ++y) {
        for (int64_t x = 0; x < shape.size_zyx[2]; ++x) {
          const uint16_t value = voxel_at(c, z, y, x);
          std::memcpy(to, &value, element);
          to += element;
        }
      }
    }
  }
  return bytes;
}

// 0, 1 and 2 in slanted sheets, with whole bricks of one value between.
inline Bytes make_labels(const Zyx& size_zyx) {
  Bytes labels;
  for (int64_t z = 0; z < size_zyx[0]; ++z) {
    for (int64_t y = 0; y < size_zyx[1]; ++y) {
      for (int64_t x = 0; x < size_zyx[2]; ++x) {
        const int64_t phase = (z + 2 * y + 3 * x) % 50;
        labels.push_back(z >= 64 ? 2 : phase < 6 ? 1 : phase < 25 ? 2 : 0);
      }
    }
  }
  return labels;
}

}  // namespace stoker
