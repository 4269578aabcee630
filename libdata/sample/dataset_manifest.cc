#include "libdata/sample/dataset_manifest.h"

namespace stoker {

uint64_t SplitEntry::sample_count() const {
  uint64_t count = 0;
  for (const ShardSummary& shard : shards)
    count += shard.sample_count;
  return count;
}

const SplitEntry* Manifest::find_split(std::string_view name) const {
  for (const SplitEntry& split : splits) {
    if (split.name == name) return &split;
  }
  return nullptr;
}

}  // namespace stoker
