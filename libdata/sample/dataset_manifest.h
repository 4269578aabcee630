// What a finished data set holds, unit by unit, and where it came from. Plain values; how a format
// writes them down is its own (libdata/shard/manifest.h: dataset.json).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/core/hash.h"
#include "libdata/sample/schema.h"
#include "libdata/sample/source_reader.h"

namespace stoker {

struct ShardSummary {
  std::string file;  // base name
  uint64_t size_bytes = 0;
  uint64_t sample_count = 0;
  Hash128 hash;  // XXH3-128 of the whole file
};

struct SplitEntry {
  std::string name;  // "train"
  std::vector<ShardSummary> shards;
  uint64_t sample_count() const;
};

struct Manifest {
  std::string tool;  // program that packed: "pack-imagenet"
  std::string tool_version;
  std::map<std::string, std::string> options;  // those that shape the bytes
  uint64_t fingerprint = 0;                    // of the plan; every shard carries it
  Schema schema;
  std::vector<std::string> class_names;  // in index order
  std::vector<SplitEntry> splits;
  std::vector<SourceEntry> sources;
  std::vector<SampleNote> notes;       // about the sources, found while listing them
  std::vector<SampleNote> skipped;     // samples left out, by split, shard, position
  std::vector<SampleNote> normalized;  // samples changed, likewise

  const SplitEntry* find_split(std::string_view name) const;
};

}  // namespace stoker
