#include "trainer/class_census.h"

#include <fmt/format.h>

namespace stoker {
namespace {

constexpr size_t kNamesShown = 5;

}  // namespace

std::vector<uint64_t> count_classes(const PackedSplit& split, size_t label_field,
                                    size_t class_count) {
  std::vector<uint64_t> counts(class_count);
  for (const ShardReader& shard : split.shards()) {
    for (uint64_t sample = 0; sample < shard.sample_count(); ++sample) {
      const int64_t label = shard.inline_int(sample, label_field);
      if (label >= 0 && static_cast<uint64_t>(label) < class_count) {
        ++counts[static_cast<size_t>(label)];
      }
    }
  }
  return counts;
}

std::vector<std::string> describe_odd_classes(const std::vector<uint64_t>& counts,
                                              const std::vector<std::string>& names) {
  std::vector<std::string> sentences;
  if (counts.size() == 1) {
    sentences.push_back(
        fmt::format("'{}' is the only class: there is nothing to tell it from", names[0]));
  }
  std::string empty;
  size_t count = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) continue;
    if (++count <= kNamesShown) empty += fmt::format("{}'{}'", empty.empty() ? "" : ", ", names[i]);
  }
  if (count > kNamesShown) empty += fmt::format(" and {} more", count - kNamesShown);
  if (count > 0) {
    sentences.push_back(fmt::format("{} of {} classes {} no training sample: {}", count,
                                    counts.size(), count == 1 ? "has" : "have", empty));
  }
  return sentences;
}

}  // namespace stoker
