// A packed data set as a source of samples, to be converted once more.
//
// Thread-safety and errors: as SourceReader. Ownership: the data set outlives the reader and the
// samples it has filled, whose values point into the mapped shards. Samples keep names, splits and
// stored order. A blob that does not match its hash is Corrupt with the shard's path.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "libdata/sample/source_reader.h"
#include "libdata/shard/packed_dataset.h"

namespace stoker {

struct PackedReaderOptions {
  // Blob fields whose hashes make an item's content_key, those that others follow from (a distance
  // from its label); the first also says estimated_bytes. Those that the data set lacks do not
  // count; empty: all.
  std::vector<std::string> key_fields = {};
  // Blob fields that are handed out unlooked at, since whoever takes them checks what they hold
  // (bricks have hashes of their own).
  std::vector<std::string> unchecked_fields = {};
};

class PackedReader : public SourceReader {
 public:
  // `folder` is the data set as the user named it.
  PackedReader(const PackedDataset& dataset, const std::filesystem::path& folder,
               const PackedReaderOptions& options = {});

  const Schema& schema() const override { return dataset_.schema(); }
  const SourceFacts& facts() const override { return facts_; }
  const std::vector<PlannedItem>& items() const override { return items_; }
  void read(Sample& sample) const override;
  std::optional<int64_t> label(uint64_t item) const override;
  // The key is made of hashes of what is stored: no file's time says more.
  std::vector<std::filesystem::path> source_files(uint64_t) const override { return {}; }
  uint64_t hash_source(uint64_t item) const override { return items_[item].content_key; }

  // What decoding the item's blob gives.
  Extents extents(uint64_t item, size_t field) const;

 private:
  struct Place {
    const ShardReader* shard;
    uint64_t sample;
  };

  const PackedDataset& dataset_;
  std::vector<bool> checked_;  // by field
  std::optional<size_t> label_;
  SourceFacts facts_;
  std::vector<Place> places_;
  std::vector<PlannedItem> items_;
};

}  // namespace stoker
