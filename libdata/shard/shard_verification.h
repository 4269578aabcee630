// Verification of one shard. Internal to libdata/shard; verification.h is the way in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "libdata/shard/verification.h"

namespace stoker {

// The shard as the manifest has it. Without a manifest, `expected` is null and the shard is checked
// on its own.
struct ShardTask {
  std::filesystem::path path;
  std::string split;
  const ShardSummary* expected = nullptr;
  uint64_t shard_index = 0;  // position in the split
  uint64_t shard_count = 0;
  uint64_t first_sample_id = 0;
};

struct ShardFindings {
  CheckedFile file;
  std::vector<Fault> faults;
  Hash128 hash;  // of the whole file
  bool opened = false;
  // Where opened:
  ShardHeader header;
  ShardMeta meta;
  // Filled by kDefault and kDeep.
  std::vector<uint64_t> name_hashes;   // one a sample
  std::map<int64_t, uint64_t> labels;  // class index -> samples; of field "label"
};

// `manifest` may be null.
ShardFindings verify_shard(const ShardTask& task, const Manifest* manifest,
                           const VerifyOptions& options);

}  // namespace stoker
