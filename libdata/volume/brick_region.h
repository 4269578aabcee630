// Voxels out of brick blobs: a box of any size at any place, turned as asked, touching only the
// bricks it needs.
//
// Thread-safety: free functions without state; any number of threads. Ownership: `out` is the
// caller's. Layout of `out`: channel, z, y, x, x fastest, dtype of the volume, nothing between
// rows. Errors: InvalidArgument for a box that is empty or leaves the volume, or an `out` of
// another size; Corrupt (brick, offset) where a brick does not decode, or does not match its hash
// and `check_hashes` is set.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "libdata/core/arrays.h"
#include "libdata/core/hash.h"
#include "libdata/volume/bricks.h"

namespace stoker {

// Bytes [offset, offset + size) of the blob; they need to stay valid until the next call only.
// Called once for every run of bricks along x, so that a pread backend makes few, long reads.
using FetchBytes = std::function<ByteSpan(uint64_t offset_bytes, uint64_t size_bytes)>;

struct RegionOptions {
  Orientation orientation;  // of `out` against the box in the volume
  HashCheck check_hashes;   // of the bricks touched
  bool past_cache = false;  // `out` is for a device or for later: do not fill the cache with it
};

// `box` lies in the volume, before it is turned.
void read_region(const BrickVolume& volume, const FetchBytes& fetch, const Box& box,
                 std::span<uint8_t> out, const RegionOptions& options = {});
// The same from a whole blob in memory or mapped.
void read_region(const BrickVolume& volume, ByteSpan blob, const Box& box, std::span<uint8_t> out,
                 const RegionOptions& options = {});

// All voxels: what inspection, conversion and feature programs take.
Bytes read_volume(const BrickVolume& volume, ByteSpan blob);

}  // namespace stoker
