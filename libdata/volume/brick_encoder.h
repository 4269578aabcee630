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

// A volume encoded layer by layer, a layer being the bricks side by side in y and x, so that a
// producer decodes 32 planes, hands them over while they are in the cache, and needs no memory for
// the rest. Thread-safety: different layers may be encoded at once. Ownership: `blob` outlives it,
// and is whole after finish().
class BrickLayers {
 public:
  BrickLayers(const VolumeShape& shape, BrickContent content, Bytes& blob);

  uint64_t count() const { return static_cast<uint64_t>(grid_.grid_zyx[0]); }
  Box box(uint64_t layer) const;  // its voxels

  // The layer's voxels, z slowest: box(layer).voxel_count() of them, of a volume of one channel.
  void encode(uint64_t layer, ByteSpan voxels_zyx);
  // Precondition: every layer was encoded.
  void finish();

 private:
  friend void encode_bricks(const VolumeShape& shape, ByteSpan voxels_czyx, BrickContent content,
                            Bytes& blob);
  // Where a layer's first voxel is, and how far the same voxel of the next channel.
  struct Voxels {
    const uint8_t* first;
    uint64_t channel_bytes;
  };
  uint64_t brick_bytes(const Box& box) const;
  void gather(const Voxels& layer, const Box& box, uint8_t* out) const;
  void encode(uint64_t layer, const Voxels& voxels);
  void store_intensities(const Box& box, const Voxels& layer, uint64_t brick);
  void pack(const Box& box, const Voxels& layer, BrickEntry& entry, Bytes& stored);
  uint64_t close_up_intensities();
  uint64_t join_packed();

  VolumeShape shape_;
  BrickContent content_;
  BrickGrid grid_;
  Bytes& blob_;
  std::vector<uint64_t> raw_offsets_;  // intensities: where bricks lie until it is known which are
                                       // constant
  std::vector<Bytes> packed_;          // labels and distances: stored bytes of each layer
  std::vector<BrickEntry> entries_;
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
  const std::vector<uint64_t>& offsets() const { return offsets_; }  // of all bricks
  void seal(std::span<uint8_t> blob) const;                          // hashes on many threads

 private:
  VolumeShape shape_;
  BrickGrid grid_;
  uint64_t blob_bytes_ = 0;
  std::vector<uint64_t> offsets_;
};

}  // namespace stoker
