// dataset.json: what a packed data set holds, shard by shard, and where it came from.
//
// Plain values. The text is a pure function of the values (no times, hosts or thread counts), so
// that equal inputs and options give equal bytes. Its last line is a hash over everything before
// it, so that damage to the manifest itself is found. Source: shard_format.md, "Manifest".
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/shard/schema.h"
#include "libdata/shard/shard_writer.h"

namespace stoker {

inline constexpr const char* kManifestName = "dataset.json";

struct SplitEntry {
  std::string name;  // "train"
  std::vector<ShardSummary> shards;
  uint64_t sample_count() const;
};

struct SourceEntry {
  std::string name;  // base name of the file or folder the user gave
  uint64_t size_bytes = 0;
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

std::string encode_manifest(const Manifest& manifest);

// Corrupt (not JSON, hash mismatch, missing or ill-typed member, sums that do not add up) or
// Unsupported (another version).
Manifest decode_manifest(std::string_view text);

Manifest read_manifest(const std::filesystem::path& path);
void write_manifest(const std::filesystem::path& path, const Manifest& manifest);

}  // namespace stoker
