#include "trainer/feed/class_counts.h"

#include <fmt/format.h>

#include <set>

namespace stoker {
namespace {

constexpr size_t kNamesShown = 10;

}  // namespace

std::vector<uint64_t> count_classes(const JoinedSplit& data) {
  std::vector<uint64_t> counts(data.class_names.size());
  const size_t field = data.schema.require("label");
  for (const ShardReader& shard : data.split.shards()) {
    for (uint64_t sample = 0; sample < shard.sample_count(); ++sample) {
      const int64_t label = shard.inline_int(sample, field);
      if (label >= 0 && static_cast<size_t>(label) < counts.size())
        ++counts[static_cast<size_t>(label)];
    }
  }
  return counts;
}

std::vector<uint64_t> count_classes_left(const JoinedSplit& data,
                                         std::span<const SkippedSample> skipped) {
  std::vector<uint64_t> counts = count_classes(data);
  const size_t field = data.schema.require("label");
  std::set<uint64_t> ids;
  for (const SkippedSample& sample : skipped) {
    if (!ids.insert(sample.sample_id).second) continue;
    const int64_t label = data.split.inline_int(sample.sample_id, field);
    if (label >= 0 && static_cast<size_t>(label) < counts.size())
      --counts[static_cast<size_t>(label)];
  }
  return counts;
}

std::string empty_classes(const std::vector<std::string>& names,
                          const std::vector<uint64_t>& counts,
                          const std::vector<uint64_t>& before) {
  std::string text;
  size_t found = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0 || (!before.empty() && before[i] == 0)) continue;
    if (found++ < kNamesShown) text += fmt::format("{}'{}'", text.empty() ? "" : ", ", names[i]);
  }
  if (found > kNamesShown) text += fmt::format(" and {} more", found - kNamesShown);
  return text;
}

}  // namespace stoker
