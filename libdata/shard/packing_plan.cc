#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string_view>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/core/random.h"
#include "libdata/shard/packing.h"
#include "libdata/shard/schema_json.h"

namespace stoker {
namespace {

std::vector<uint64_t> items_of_split(const std::vector<PlannedItem>& items, size_t split) {
  std::vector<uint64_t> chosen;
  for (uint64_t i = 0; i < items.size(); ++i) {
    if (items[i].split == split) chosen.push_back(i);
  }
  return chosen;
}

void shuffle_items(std::vector<uint64_t>* chosen, uint64_t seed, uint64_t split) {
  const std::vector<uint64_t> order = random_permutation(chosen->size(), seed, split);
  std::vector<uint64_t> shuffled(chosen->size());
  for (size_t i = 0; i < order.size(); ++i)
    shuffled[i] = (*chosen)[order[i]];
  *chosen = std::move(shuffled);
}

// Cuts the items of a split, in order, into shards of about equal size near the target.
void cut_into_shards(const std::vector<PlannedItem>& items, const PlanOptions& options,
                     size_t split, const std::vector<uint64_t>& chosen, PackPlan* plan) {
  uint64_t total = 0;
  for (const uint64_t item : chosen)
    total += items[item].estimated_bytes;
  const uint64_t wanted = (total + options.shard_bytes - 1) / options.shard_bytes;
  const uint64_t count = std::clamp<uint64_t>(wanted, 1, std::min<uint64_t>(chosen.size(), 99999));
  uint64_t before = 0;  // bytes in front of the current item
  size_t first = plan->shards.size();
  for (uint64_t k = 0; k < count; ++k) {
    PlannedShard shard;
    shard.split = split;
    shard.shard_index = static_cast<uint32_t>(k);
    shard.shard_count = static_cast<uint32_t>(count);
    shard.file = shard_file_name(options.splits[split], shard.shard_index, shard.shard_count);
    plan->shards.push_back(std::move(shard));
  }
  const double bytes_a_shard =
      static_cast<double>(std::max<uint64_t>(total, 1)) / static_cast<double>(count);
  for (size_t position = 0; position < chosen.size(); ++position) {
    // Where the item's middle falls; the last shards keep at least one item each.
    const uint64_t bytes = items[chosen[position]].estimated_bytes;
    const double middle = static_cast<double>(before) + static_cast<double>(bytes) / 2;
    const auto by_bytes = static_cast<uint64_t>(middle / bytes_a_shard);
    const uint64_t left = chosen.size() - position;
    const uint64_t least = count > left ? count - left : 0;
    const uint64_t k =
        std::clamp<uint64_t>(by_bytes, least, std::min<uint64_t>(count - 1, position));
    plan->shards[first + k].items.push_back(chosen[position]);
    before += bytes;
  }
}

// Everything that decides the bytes, and nothing that does not (paths, threads, hosts).
uint64_t fingerprint_of(const std::vector<PlannedItem>& items, const PlanOptions& options,
                        const Schema& schema, const std::map<std::string, std::string>& extra) {
  std::string text =
      fmt::format("stoker plan {}\nsplits {}\nshard_bytes {}\norder {}\nseed {}\n", kShardVersion,
                  fmt::join(options.splits, "\t"), options.shard_bytes,
                  static_cast<int>(options.order), options.seed);
  text += schema_to_json(schema).dump() + "\n";
  for (const auto& [name, value] : extra)
    text += fmt::format("{}={}\n", name, value);
  for (const PlannedItem& item : items) {
    text += fmt::format("{}\t{}\t{}\t{}\n", item.name, item.estimated_bytes, item.split,
                        item.content_key);
  }
  return xxh3_64(as_bytes(text));
}

}  // namespace

PackPlan plan_pack(const std::vector<PlannedItem>& items, const PlanOptions& options,
                   const Schema& schema,
                   const std::map<std::string, std::string>& options_that_shape_bytes) {
  PackPlan plan;
  plan.fingerprint = fingerprint_of(items, options, schema, options_that_shape_bytes);
  for (size_t split = 0; split < options.splits.size(); ++split) {
    std::vector<uint64_t> chosen = items_of_split(items, split);
    if (chosen.empty()) continue;
    if (options.order == PackOrder::kShuffled) shuffle_items(&chosen, options.seed, split);
    cut_into_shards(items, options, split, chosen, &plan);
  }
  return plan;
}

PackPart parse_pack_part(const std::string& text) {
  PackPart part;
  const char* end = text.data() + text.size();
  const auto [slash, first] = std::from_chars(text.data(), end, part.index);
  if (first == std::errc() && slash != end && *slash == '/') {
    const auto [rest, second] = std::from_chars(slash + 1, end, part.count);
    if (second == std::errc() && rest == end && part.index >= 1 && part.index <= part.count) {
      return part;
    }
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("expected a part such as 2/8 (1/N to N/N), found '{}'", text));
}

}  // namespace stoker
