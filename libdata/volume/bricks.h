// A volume cut into bricks of 32^3 voxels, as one blob of a shard (Codec::kBricks): the parsed view
// of such a blob, and its verification. brick_encoder.h writes blobs, brick_region.h reads voxels.
//
// Thread-safety: views are plain values over bytes that do not change; any number of threads.
// Ownership: a view borrows the bytes it was parsed from. No object on the heap, per brick or
// other. Shapes: sizes are z, y, x in voxels, each at least 1; a brick holds channels x z x y x x
// voxels, x fastest; bricks at the far edges are clipped to the volume. Bricks are numbered with x
// fastest. Errors: Corrupt with the offset in the blob, or Unsupported for a version not known.
// Every field is checked when parsing, so that what a view says can be trusted; voxels themselves
// are hashed only by verify_bricks and where a read asks for it. Source: brick_format.md.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/core/dtype.h"
#include "libdata/volume/volume_geometry.h"

namespace stoker {

inline constexpr int64_t kBrickEdge = 32;  // voxels
inline constexpr int64_t kMaxVolumeSide = 65536;
inline constexpr int64_t kMaxVolumeChannels = 64;
inline constexpr uint64_t kBrickHeaderBytes = 128;
inline constexpr uint64_t kBrickEntryBytes = 32;
inline constexpr uint64_t kBrickAlignment = 4096;  // of raw bricks, from the start of the blob

enum class BrickEncoding : uint8_t {
  kRaw = 0,       // the voxels themselves
  kConstant = 1,  // every voxel has the value in the table; nothing is stored
  kLabels = 2,    // uint8 values 0..3 in two bits each, then Blosc
  kSteps = 3,     // int8 differences of -2..1 to a neighbour in two bits each, then Blosc
};

// What a volume is, whatever its voxels are.
struct VolumeShape {
  Zyx size_zyx{1, 1, 1};
  int64_t channels = 1;
  DType dtype = DType::kUInt8;  // one that is_brick_dtype takes

  int64_t voxel_count() const { return size_zyx[0] * size_zyx[1] * size_zyx[2]; }
  uint64_t byte_count() const;
  bool operator==(const VolumeShape&) const = default;
};

bool is_brick_dtype(DType dtype);  // uint8, int8, uint16, float16

// InvalidArgument for a shape that brick_format.md does not allow.
void check_volume_shape(const VolumeShape& shape);

struct BrickEntry {
  uint64_t offset_bytes = 0;  // from the start of the blob
  uint32_t stored_bytes = 0;
  BrickEncoding encoding = BrickEncoding::kRaw;
  uint16_t value_bits = 0;                        // kConstant: every voxel; kSteps: the first voxel
  uint64_t hash = 0;                              // XXH3-64 of the stored bytes
  std::array<uint16_t, 3> label_counts{0, 0, 0};  // label volumes: voxels of value 0, 1, 2
};

// Where bricks lie in a volume.
struct BrickGrid {
  Zyx volume_zyx{1, 1, 1};
  Zyx grid_zyx{1, 1, 1};  // bricks along each axis

  explicit BrickGrid(const Zyx& size_zyx);
  BrickGrid() = default;
  uint64_t brick_count() const;
  uint64_t index(const Zyx& brick_zyx) const;
  Zyx place(uint64_t brick) const;  // brick_zyx of a brick
  Box box(const Zyx& brick_zyx) const;
  Box box(uint64_t brick) const { return box(place(brick)); }
};

// The parsed header and table of a blob.
class BrickVolume {
 public:
  const VolumeShape& shape() const { return shape_; }
  const BrickGrid& grid() const { return grid_; }
  uint64_t brick_count() const { return grid_.brick_count(); }
  bool has_labels() const { return has_labels_; }  // label counts are there
  const std::array<uint64_t, 3>& label_counts() const { return label_counts_; }  // of all bricks
  uint64_t blob_bytes() const { return blob_bytes_; }
  // Precondition: brick < brick_count().
  BrickEntry entry(uint64_t brick) const;
  uint64_t brick_bytes(uint64_t brick) const;  // decoded

 private:
  friend BrickVolume parse_brick_head(ByteSpan head, uint64_t blob_bytes);
  VolumeShape shape_;
  BrickGrid grid_;
  bool has_labels_ = false;
  std::array<uint64_t, 3> label_counts_{0, 0, 0};
  uint64_t blob_bytes_ = 0;
  const uint8_t* table_ = nullptr;
};

// A whole blob in memory or mapped.
BrickVolume parse_bricks(ByteSpan blob);

// For reading by pread: how long header and table are, from the first kBrickHeaderBytes of a blob;
// and the view of them alone.
uint64_t brick_head_bytes(ByteSpan header, uint64_t blob_bytes);
BrickVolume parse_brick_head(ByteSpan head, uint64_t blob_bytes);

struct BrickDamage {
  uint64_t brick = 0;
  Box box;                    // the voxels that are lost
  uint64_t offset_bytes = 0;  // in the blob
  std::string reason;
};

// Checks every brick's hash, that it decodes, its label counts, and that padding is 0. Lists all
// that fail, in order.
std::vector<BrickDamage> verify_bricks(const BrickVolume& volume, ByteSpan blob);

}  // namespace stoker
