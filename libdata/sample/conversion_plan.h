// From a list of items to the units of a data set: which items go to which shard in which order.
//
// The plan follows from names, sizes, options and seed alone. Shards are then independent units of
// work, so that any number of threads, a resumed run, or several machines (parts) give the same
// bytes. Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "libdata/sample/schema.h"
#include "libdata/sample/source_reader.h"

namespace stoker {

enum class PackOrder { kShuffled, kInput };

struct PlanOptions {
  std::vector<std::string> splits{"train"};
  uint64_t shard_bytes = uint64_t{1} << 30;  // target
  PackOrder order = PackOrder::kShuffled;    // within a split
  uint64_t seed = 0;
};

struct PlannedShard {
  size_t split = 0;
  uint32_t shard_index = 0;  // within the split
  uint32_t shard_count = 1;
  std::string file;             // base name
  std::vector<uint64_t> items;  // in stored order
};

struct PackPlan {
  uint64_t fingerprint = 0;
  std::vector<PlannedShard> shards;
  std::string options_text;  // all that enters the fingerprint beside the items
  // What the cut and the fingerprint were made by: estimated_bytes and content_key of each item.
  std::vector<std::pair<uint64_t, uint64_t>> sizes_and_keys;
};

// How the output calls shard `index` of `count` of a split.
using ShardNaming =
    std::function<std::string(const std::string& split, uint32_t index, uint32_t count)>;

// The options text: everything that decides the bytes beside the items, and nothing that does not
// (paths, threads, hosts). `heading` is SampleOutput::plan_heading().
std::string plan_text(const std::string& heading, const PlanOptions& options, const Schema& schema,
                      const std::map<std::string, std::string>& options_that_shape_bytes);

// Splits without items get no shard.
PackPlan plan_pack(const std::vector<PlannedItem>& items, const PlanOptions& options,
                   const std::string& options_text, const ShardNaming& name);

// K of N, from 1/N to N/N: shards whose running number leaves K-1 modulo N.
struct PackPart {
  uint32_t index = 1;
  uint32_t count = 1;
};
PackPart parse_pack_part(const std::string& text);  // "2/8"; InvalidArgument otherwise

}  // namespace stoker
