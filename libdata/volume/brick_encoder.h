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
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/volume/bricks.h"

namespace stoker {

// What the voxels are; decides how bricks may be stored.
enum class BrickContent : uint8_t {
  kIntensity,  // CT voxels, features: raw, which no codec beats; a brick of one value is constant
  kLabel,      // uint8 0, 1, 2: counted per brick, packed
  kDistance,   // int8 that changes slowly: two bits a voxel where that holds it
};

// `voxels_czyx` holds shape.byte_count() bytes, channel slowest, x fastest.
void encode_bricks(const VolumeShape& shape, ByteSpan voxels_czyx, BrickContent content,
                   Bytes& blob);
Bytes encode_bricks(const VolumeShape& shape, ByteSpan voxels_czyx, BrickContent content);

// Filling raw bricks in place, so that a producer (features.h) writes voxels where they stay: take
// blob_bytes() of memory, write each brick's voxels at offset(brick), then seal. The memory may
// hold anything before: seal sets header, table, hashes and padding. Every brick is stored raw.
class RawBricks {
 public:
  explicit RawBricks(const VolumeShape& shape);

  const BrickGrid& grid() const { return grid_; }
  uint64_t blob_bytes() const { return blob_bytes_; }
  uint64_t offset(uint64_t brick) const { return offsets_[brick]; }
  void seal(std::span<uint8_t> blob) const;  // hashes on many threads

 private:
  VolumeShape shape_;
  BrickGrid grid_;
  uint64_t blob_bytes_ = 0;
  std::vector<uint64_t> offsets_;
};

}  // namespace stoker
