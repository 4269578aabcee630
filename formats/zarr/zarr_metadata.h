// What a Zarr array is, as its metadata says: .zarray of version 2, zarr.json of version 3.
//
// Thread-safety: pure functions. Errors: Corrupt for what is no such metadata; Unsupported, with
// its name, for a type, codec, filter, grid or key encoding that is not read. Source: the Zarr
// specifications 2 and 3.0, and numcodecs for the codecs of version 2.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/stacked/element_type.h"
#include "formats/zarr/zarr_packing.h"
#include "libdata/core/arrays.h"

namespace stoker {

struct ZarrSharding;

// From the array to the bytes of a chunk, in this order; reading goes back.
struct ZarrCodecs {
  std::vector<std::vector<size_t>> transposes;  // axis k after it is axis order[k] before
  bool big_endian = false;
  std::shared_ptr<const ZarrSharding> sharding;  // in place of elements one behind the other
  std::vector<ZarrPacking> packings;             // one at most, not counting CRC-32C
};

struct ZarrSharding {
  std::vector<uint64_t> chunk_shape;  // of an inner chunk; divides that of the shard
  ZarrCodecs codecs;
  ZarrCodecs index_codecs;  // sizes do not depend on values: byte order and CRC-32C alone
  bool index_at_end = true;
};

struct ZarrArrayInfo {
  std::vector<uint64_t> shape;
  std::vector<uint64_t> chunk_shape;
  ElementType type;  // in memory: little-endian
  Bytes fill;        // one element
  ZarrCodecs codecs;
  bool key_has_c = false;  // "c/0/0", else "0/0"
  char separator = '.';
  std::vector<std::string> dimension_names;  // "" for those without; empty: none are named

  // Bytes of a chunk's elements.
  uint64_t chunk_bytes() const;
};

// `format`: 2 or 3, of which metadata `text` is.
ZarrArrayInfo parse_zarr_array(int format, std::string_view text);

// Of the chunk at `place` in the grid.
std::string zarr_chunk_key(const ZarrArrayInfo& info, const std::vector<uint64_t>& place);

}  // namespace stoker
