#include "libdata/sample/conversion_plan.h"

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
#include "libdata/sample/schema_json.h"

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

using Cut = std::vector<std::vector<uint64_t>>;  // the items of each shard

// In order, into shards of about equal size near the target. Where items are larger than shards, as
// many shards stay empty as such an item would have filled.
Cut cut_evenly(const std::vector<PlannedItem>& items, const PlanOptions& options,
               const std::vector<uint64_t>& chosen) {
  uint64_t total = 0;
  for (const uint64_t item : chosen)
    total += items[item].estimated_bytes;
  const uint64_t wanted = (total + options.shard_bytes - 1) / options.shard_bytes;
  const uint64_t count = std::clamp<uint64_t>(wanted, 1, std::min<uint64_t>(chosen.size(), 99999));
  uint64_t before = 0;  // bytes in front of the current item
  Cut shards(count);
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
    shards[k].push_back(chosen[position]);
    before += bytes;
  }
  return shards;
}

// In order, each shard filled up to the target; an item that is larger has one for itself.
Cut cut_when_full(const std::vector<PlannedItem>& items, uint64_t target,
                  const std::vector<uint64_t>& chosen) {
  Cut shards;
  double filled = 0;
  for (const uint64_t item : chosen) {
    const auto bytes = static_cast<double>(items[item].estimated_bytes);
    if (shards.empty() || filled + bytes / 2 > static_cast<double>(target)) {
      shards.emplace_back();
      filled = 0;
    }
    shards.back().push_back(item);
    filled += bytes;
  }
  return shards;
}

void append_shards(const PlanOptions& options, size_t split, Cut cut, const ShardNaming& name,
                   PackPlan* plan) {
  for (size_t k = 0; k < cut.size(); ++k) {
    PlannedShard shard;
    shard.split = split;
    shard.shard_index = static_cast<uint32_t>(k);
    shard.shard_count = static_cast<uint32_t>(cut.size());
    shard.file = name(options.splits[split], shard.shard_index, shard.shard_count);
    shard.items = std::move(cut[k]);
    plan->shards.push_back(std::move(shard));
  }
}

Cut cut_into_shards(const std::vector<PlannedItem>& items, const PlanOptions& options,
                    const std::vector<uint64_t>& chosen) {
  Cut cut = cut_evenly(items, options, chosen);
  const bool whole =
      std::none_of(cut.begin(), cut.end(), [](const auto& shard) { return shard.empty(); });
  return whole ? cut : cut_when_full(items, options.shard_bytes, chosen);
}

}  // namespace

std::string plan_text(const std::string& heading, const PlanOptions& options, const Schema& schema,
                      const std::map<std::string, std::string>& options_that_shape_bytes) {
  std::string text = fmt::format("{}\nsplits {}\nshard_bytes {}\norder {}\nseed {}\n", heading,
                                 fmt::join(options.splits, "\t"), options.shard_bytes,
                                 static_cast<int>(options.order), options.seed);
  text += schema_to_json(schema).dump() + "\n";
  for (const auto& [name, value] : options_that_shape_bytes)
    text += fmt::format("{}={}\n", name, value);
  return text;
}

PackPlan plan_pack(const std::vector<PlannedItem>& items, const PlanOptions& options,
                   const std::string& options_text, const ShardNaming& name) {
  PackPlan plan;
  plan.options_text = options_text;
  plan.sizes_and_keys.reserve(items.size());
  std::string text = options_text;
  for (const PlannedItem& item : items) {
    plan.sizes_and_keys.emplace_back(item.estimated_bytes, item.content_key);
    text += fmt::format("{}\t{}\t{}\t{}\n", item.name, item.estimated_bytes, item.split,
                        item.content_key);
  }
  plan.fingerprint = xxh3_64(as_bytes(text));
  for (size_t split = 0; split < options.splits.size(); ++split) {
    std::vector<uint64_t> chosen = items_of_split(items, split);
    if (chosen.empty()) continue;
    if (options.order == PackOrder::kShuffled) shuffle_items(&chosen, options.seed, split);
    append_shards(options, split, cut_into_shards(items, options, chosen), name, &plan);
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
