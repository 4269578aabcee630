// The elements of one Zarr chunk from its bytes: shards, packing, byte order, transposition.
//
// Thread-safety: pure functions. Errors: Corrupt for bytes that are not those of such a chunk; no
// memory is taken for more than they can hold.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "formats/stacked/array_bytes.h"
#include "formats/zarr/zarr_metadata.h"

namespace stoker {

// What a chunk is, whether it lies in a file of its own or in a shard.
struct ZarrChunkForm {
  const ZarrCodecs& codecs;
  const std::vector<uint64_t>& shape;
  const ElementType& type;
  const Bytes& fill;  // of inner chunks that are missing
};

// All elements in C order, little-endian.
Bytes decode_zarr_chunk(const ZarrChunkForm& form, ByteSpan stored);

// The index of a shard: where its inner chunks lie.
class ZarrShardIndex {
 public:
  // Corrupt where it does not fit the shard, or its checksum is wrong.
  ZarrShardIndex(const ZarrChunkForm& shard, const ArrayBytes& stored);

  // Inner chunks along each axis, in the shape that the transposes before the sharding give.
  const std::vector<uint64_t>& grid() const { return grid_; }
  struct Range {
    uint64_t offset_bytes;
    uint64_t size_bytes;
  };
  // Of the inner chunk with this number in C order; nothing where it is missing.
  std::optional<Range> at(uint64_t inner) const;

 private:
  std::vector<uint64_t> grid_;
  std::vector<uint64_t> numbers_;  // offset, size
  uint64_t stored_bytes_;
};

// `out` filled with the value.
void fill_elements(const Bytes& fill, std::span<uint8_t> out);

}  // namespace stoker
