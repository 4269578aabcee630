// A packed data set as plain values to compare, whatever shards its samples lie in.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "libdata/core/files.h"
#include "libdata/shard/packed_dataset.h"

namespace stoker::testing {

struct StoredField {
  Codec codec = Codec::kRaw;
  Extents shape{};
  std::string bytes;
  auto operator<=>(const StoredField&) const = default;
};
using StoredSample = std::map<std::string, StoredField>;

struct StoredSet {
  Schema schema;
  std::vector<std::string> class_names;
  std::vector<std::string> splits;
  // By split and name, then by field.
  std::map<std::pair<std::string, std::string>, StoredSample> samples;
  bool operator==(const StoredSet&) const = default;
};

inline StoredSet stored_set(const std::filesystem::path& folder) {
  const PackedDataset dataset(folder);
  StoredSet set;
  set.schema = dataset.schema();
  set.class_names = dataset.manifest().class_names;
  for (const PackedSplit& split : dataset.splits()) {
    set.splits.push_back(split.name());
    for (const ShardReader& shard : split.shards()) {
      for (uint64_t i = 0; i < shard.sample_count(); ++i) {
        auto& sample = set.samples[{split.name(), std::string(shard.name(i))}];
        for (size_t f = 0; f < set.schema.fields.size(); ++f) {
          const Field& field = set.schema.fields[f];
          if (field.storage == Storage::kInline) {
            sample[field.name].bytes = as_text(shard.inline_bytes(i, f));
            continue;
          }
          const BlobView blob = shard.blob(i, f);
          sample[field.name] = {blob.codec, blob.shape, std::string(as_text(blob.bytes))};
        }
      }
    }
  }
  return set;
}

}  // namespace stoker::testing
