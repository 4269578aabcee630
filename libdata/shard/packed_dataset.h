// A packed data set: a folder with dataset.json and the shards it lists, opened for reading.
//
// Samples of a split are numbered 0..sample_count-1 through its shards in order; that number is the
// sample id which shuffles and augmentation are keyed by. Opening reads the manifest and checks
// every shard's size, header, footer, index and that it belongs to the manifest's plan; no record
// is read. Thread-safety: const, any number of threads. Ownership: owns the mappings; views live as
// long as it. Errors: NotFound (no manifest, or a listed shard is missing), Corrupt.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libdata/shard/manifest.h"
#include "libdata/shard/shard_reader.h"

namespace stoker {

// One split of an open data set.
class PackedSplit {
 public:
  PackedSplit(std::string name, std::vector<ShardReader> shards);

  struct Place {
    size_t shard;     // position in shards()
    uint64_t sample;  // within that shard
  };

  const std::string& name() const { return name_; }
  uint64_t sample_count() const { return first_sample_.back(); }
  const std::vector<ShardReader>& shards() const { return shards_; }
  // Id of the shard's first sample; one entry more than there are shards.
  const std::vector<uint64_t>& first_samples() const { return first_sample_; }
  Place locate(uint64_t sample_id) const;
  std::vector<ShardReader> take_shards() && { return std::move(shards_); }
  void hold_index();  // of every shard, as ShardReader says

  BlobView blob(uint64_t sample_id, size_t field) const;
  ByteSpan inline_bytes(uint64_t sample_id, size_t field) const;
  int64_t inline_int(uint64_t sample_id, size_t field) const;
  std::string_view sample_name(uint64_t sample_id) const;
  // "train-00003-of-00147.stk: sample 17 'n01440764/x.JPEG': field image", for messages.
  std::string describe(uint64_t sample_id, size_t field) const;

 private:
  std::string name_;
  std::vector<ShardReader> shards_;
  std::vector<uint64_t> first_sample_;
};

class PackedDataset {
 public:
  // `folder` holds dataset.json (a path to the file itself is taken as well).
  explicit PackedDataset(const std::filesystem::path& folder);

  const std::filesystem::path& folder() const { return folder_; }
  const Manifest& manifest() const { return manifest_; }
  const Schema& schema() const { return manifest_.schema; }
  const std::vector<PackedSplit>& splits() const { return splits_; }

  const PackedSplit* find_split(std::string_view name) const;
  // Gives away the shards of one of splits(), which is empty from then on.
  std::vector<ShardReader> take_shards(const PackedSplit& split);
  // As find_split, but InvalidArgument naming the splits there are. An empty name means the only
  // split, or "train" where there are several.
  const PackedSplit& split(std::string_view name) const;

 private:
  std::filesystem::path folder_;
  Manifest manifest_;
  std::vector<PackedSplit> splits_;
};

}  // namespace stoker
