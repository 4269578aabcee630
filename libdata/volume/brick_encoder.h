// Volumes to brick blobs.
//
// Thread-safety: free functions without state. Ownership: inputs are read during the call only;
// output buffers are the caller's and are reused (kept capacity). The bytes are a function of the
// voxels and the content alone. Errors: InvalidArgument for a shape or dtype the format does not
// hold or a buffer of another size; Corrupt for a label value outside 0..2, with its place.
// Source: brick_format.md.
#pragma once

#include <cstdint>
#include <span>

#include "libdata/core/arrays.h"
#include "libdata/volume/bricks.h"

namespace stoker {

// What the voxels are; decides how bricks may be stored.
enum class BrickContent : uint8_t {
  kIntensity,  // CT voxels, features: raw, which no codec beats; a brick of one value is constant
  kLabel,      // uint8 0, 1, 2: counted per brick, packed
  kDistance,   // int8: smooth, compressed where that is smaller
};

// `voxels_czyx` holds shape.byte_count() bytes, channel slowest, x fastest.
void encode_bricks(const VolumeShape& shape, ByteSpan voxels_czyx, BrickContent content,
                   Bytes& blob);
Bytes encode_bricks(const VolumeShape& shape, ByteSpan voxels_czyx, BrickContent content);

// Filling raw bricks in place, so that a producer (features.h) writes voxels where they stay:
// take raw_bricks_bytes() of memory, write each brick's voxels at raw_brick_offset(), then seal.
// The memory may hold anything before: seal_raw_bricks sets header, table, hashes and padding.
// Every brick is stored raw.
uint64_t raw_bricks_bytes(const VolumeShape& shape);
uint64_t raw_brick_offset(const VolumeShape& shape, const Zyx& brick_zyx);
void seal_raw_bricks(const VolumeShape& shape, std::span<uint8_t> blob);

}  // namespace stoker
