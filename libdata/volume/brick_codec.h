// One brick's voxels to stored bytes and back: the encodings of brick_format.md. Blosc ends here.
//
// Thread-safety: free functions. Errors: Corrupt where stored bytes do not decode to exactly the
// brick's voxels.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "libdata/core/arrays.h"
#include "libdata/volume/bricks.h"

namespace stoker {

std::array<uint16_t, 3> count_labels(ByteSpan voxels);

// The one value all elements have, if there is one.
std::optional<uint16_t> find_constant(ByteSpan voxels, size_t element_bytes);

struct LabelCounts {
  std::array<uint16_t, 3> counts{0, 0, 0};  // of voxels 0, 1, 2
  uint8_t largest = 0;
};

// `size_zyx` is the brick's. Appends the stored bytes to `blob`. append_labels counts the voxels,
// and appends nothing where all are alike or one exceeds 2 (counts are then worthless).
// append_steps returns false, and appends nothing, where voxels differ by more than two bits hold.
LabelCounts append_labels(ByteSpan voxels, Bytes& blob);
bool append_steps(const Zyx& size_zyx, ByteSpan voxels, Bytes& blob);

// Precondition: `entry` was checked by parse_bricks; `voxels` has the brick's size.
void decode_brick(const VolumeShape& shape, const Box& box, const BrickEntry& entry,
                  ByteSpan stored, std::span<uint8_t> voxels);

}  // namespace stoker
