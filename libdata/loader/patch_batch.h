// A batch of patches: views of its block.
//
// Ownership: what the spans show belongs to the loader and is good while the batch's lease lives.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "libdata/loader/batch_header.h"
#include "libdata/volume/volume_geometry.h"

namespace stoker {

// Where a patch comes from.
struct PatchPlace {
  uint64_t volume = 0;  // sample id in the split; split.sample_name() is the source's id
  int64_t scroll = -1;  // group of the volume; -1 where the data set has no such field
  Box box;              // in the volume, before turning
  Orientation orientation;
};
static_assert(sizeof(PatchPlace) == 72 && std::is_trivially_copyable_v<PatchPlace>);

// Where the arrays of a batch lie, in bytes from the start of its block: multiples of 64.
struct PatchBlockOffsets {
  uint64_t factor = 0;
  uint64_t offset = 0;
  uint64_t places = 0;
  uint64_t input = 0;     // image, image16 or features
  uint64_t label = 0;     // 0: none
  uint64_t distance = 0;  // 0: none
};

// All arrays: patch, channel, z, y, x; x fastest.
struct PatchBatch : BatchHeader {
  Zyx patch_zyx{0, 0, 0};
  int64_t channels = 0;                // 1 or 6
  std::span<const uint8_t> image;      // [count][1][z][y][x] with kImage of uint8, else empty
  std::span<const uint16_t> image16;   // [count][1][z][y][x] with kImage of uint16, else empty
  std::span<const uint16_t> features;  // [count][6][z][y][x], float16 bits; empty with kImage
  std::span<const uint8_t> label;      // [count][z][y][x]: 0, 1, 2 (ignore); empty if not asked for
  std::span<const int8_t> distance;    // [count][z][y][x]; empty if not asked for
  std::span<const float> factor;       // [count][channels]
  std::span<const float> offset;       // [count][channels]
  std::span<const PatchPlace> places;  // [count]

  // All of the above behind a BatchHeader, block_bytes long: one copy moves the batch.
  std::span<const uint8_t> block;
  PatchBlockOffsets block_offsets;
};

// value * factor + offset of all patches, as float32 [count][channels][z][y][x].
void standardize(const PatchBatch& batch, std::span<float> out);

}  // namespace stoker
