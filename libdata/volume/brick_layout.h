// The fixed structures of a brick blob, written and read byte by byte. The specification is
// brick_format.md; programs use bricks.h.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "libdata/core/arrays.h"
#include "libdata/volume/bricks.h"

namespace stoker {

inline constexpr std::array<uint8_t, 8> kBrickMagic{0x89, 'S', 'T', 'K', 'B', 'R', 'K', '\n'};
inline constexpr uint32_t kBrickVersion = 1;

struct BrickHead {
  VolumeShape shape;
  bool has_labels = false;
  std::array<uint64_t, 3> label_counts{0, 0, 0};
  uint64_t blob_bytes = 0;
  uint64_t table_hash = 0;
};

uint64_t brick_table_bytes(const VolumeShape& shape);
uint64_t align_brick(uint64_t offset_bytes);  // up to kBrickAlignment

void store_brick_entry(const BrickEntry& entry, uint8_t* to);
BrickEntry load_brick_entry(const uint8_t* from);

// Writes the header over the first bytes of `blob`, with the hashes of the table that is there.
void store_brick_head(const BrickHead& head, std::span<uint8_t> blob);
// Checks all that the header says by itself. `blob_bytes` is what there is.
BrickHead load_brick_head(ByteSpan header, uint64_t blob_bytes);

}  // namespace stoker
