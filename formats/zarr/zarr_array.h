// A Zarr array that is open for reading, box by box.
//
// Chunks are read and unpacked in parallel; of shards the inner chunks that are wanted alone. A
// chunk that is not there is the fill value. Chunks that a box holds in part are kept in a cache of
// kZarrCacheBytes, so that samples that share one unpack it once. Thread-safety: const methods from
// any number of threads. Errors: Corrupt, Unsupported, Io, with the path of the chunk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "formats/hdf5/box_copy.h"
#include "formats/hdf5/chunk_cache.h"
#include "formats/stacked/strided_array.h"
#include "formats/zarr/zarr_chunk.h"
#include "formats/zarr/zarr_metadata.h"
#include "formats/zarr/zarr_store.h"

namespace stoker {

inline constexpr uint64_t kZarrCacheBytes = uint64_t{128} << 20;

class ZarrArray {
 public:
  // The array at `path` in the store. With the path of its metadata in errors.
  ZarrArray(std::shared_ptr<const ZarrStore> store, std::string path);

  const ZarrArrayInfo& info() const { return info_; }
  const ZarrStore& store() const { return *store_; }
  const std::string& path() const { return path_; }
  std::string attributes() const;  // JSON; "{}" where there are none

  // Elements of `box`, which lies within the array, in C order, little-endian.
  void read_box(const ArrayBox& box, std::span<uint8_t> out) const;
  // Rows of axis 0 that are unpacked together.
  uint64_t rows_together() const;

 private:
  class BoxReading;

  std::shared_ptr<const ZarrStore> store_;
  std::string path_;
  int format_;
  ZarrArrayInfo info_;
  mutable ChunkCache cache_;
};

// The array as rows of elements, for stacked/strided_array.h: C order, rank 1 or more. Unsupported
// where it has no elements in a row.
StridedArray as_strided(const std::shared_ptr<const ZarrArray>& array);

}  // namespace stoker
