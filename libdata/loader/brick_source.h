// Bricked fields of packed volumes, read through a mapping or by pread.
//
// Thread-safety: BrickFiles may be shared; a BrickSource belongs to one thread. Ownership: the
// split must outlive both. Errors: Corrupt with file and offset, Io.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "libdata/core/files.h"
#include "libdata/loader/loader_options.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/volume/brick_region.h"
#include "libdata/volume/bricks.h"

namespace stoker {

// The files behind a split. With kMmap the mappings are told that access is random; kDirect is not
// supported (InvalidArgument).
class BrickFiles {
 public:
  BrickFiles(const PackedSplit& split, IoMode io);

  const PackedSplit& split() const { return *split_; }
  const RangeFile* range_file(size_t shard) const;  // null with kMmap

 private:
  const PackedSplit* split_;
  std::vector<RangeFile> files_;
};

class BrickSource {
 public:
  BrickSource(const BrickFiles& files, HashCheck check_hashes);

  // Header and table of a field of a volume. The view is good until the next call.
  const BrickVolume& open(uint64_t volume, size_t field);
  // A box of the field opened last. `past_cache` as in brick_region.h.
  void read(const Box& box, const Orientation& orientation, std::span<uint8_t> out,
            bool past_cache = false);

  uint64_t bytes_read() const { return bytes_read_; }  // stored bytes touched so far

 private:
  void check_shape() const;

  const BrickFiles* files_;
  HashCheck check_hashes_;
  uint64_t volume_ = 0;
  size_t field_ = 0;
  BlobView blob_;
  BrickVolume bricks_;
  Bytes head_;
  Bytes run_;
  const RangeFile* file_ = nullptr;
  uint64_t bytes_read_ = 0;
};

}  // namespace stoker
