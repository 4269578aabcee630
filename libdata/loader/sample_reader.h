// Brings the stored bytes of a sample within reach, by the way --io names.
//
// Thread-safety: SampleFiles is shared and const; a SampleReader belongs to one thread.
// Ownership: bytes returned live until the reader's next call, or as long as the mapping (mmap).
// Errors: Corrupt where the record's hash does not match (only when asked to check), Io.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/core/files.h"
#include "libdata/loader/image_loader_options.h"
#include "libdata/shard/packed_dataset.h"

namespace stoker {

// Larger buffers, which one huge sample needed, are given back after use.
inline constexpr size_t kKeptBytes = size_t{64} << 20;

// Descriptors of the split's shards, for the modes that read instead of mapping.
class SampleFiles {
 public:
  SampleFiles(const PackedSplit& split, IoMode mode);
  ~SampleFiles();

  IoMode mode() const { return mode_; }
  const PackedSplit& split() const { return *split_; }
  const RangeFile& file(size_t shard) const { return files_[shard]; }
  int direct_descriptor(size_t shard) const { return direct_[shard]; }

 private:
  const PackedSplit* split_;
  IoMode mode_;
  std::vector<RangeFile> files_;
  std::vector<int> direct_;
};

class SampleReader {
 public:
  SampleReader(const SampleFiles& files, const ImageLoaderOptions& options);
  ~SampleReader();

  // `blob` is what the split's index says of the sample.
  ByteSpan read(uint64_t sample_id, const BlobView& blob);
  // Mapped pixels that are only copied are not touched before: the copy is the reading.
  bool copy_reads(const BlobView& blob) const {
    return files_->mode() == IoMode::kMmap && options_->delivery == Delivery::kRagged &&
           blob.codec == Codec::kRaw;
  }

 private:
  ByteSpan read_direct(size_t shard, const BlobView& blob);

  const SampleFiles* files_;
  const ImageLoaderOptions* options_;
  Bytes buffer_;
};

}  // namespace stoker
