// How many training samples each class has, and which classes end with none.
//
// Pure functions over the index; no record is read. Thread-safety: as PackedSplit.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "libdata/loader/loader_options.h"
#include "libdata/shard/joined_split.h"

namespace stoker {

// By class index. Labels that are no class are not counted.
std::vector<uint64_t> count_classes(const JoinedSplit& data);
// The same without samples that were skipped, however often.
std::vector<uint64_t> count_classes_left(const JoinedSplit& data,
                                         std::span<const SkippedSample> skipped);

// "'cat', 'dog' and 12 more": classes that have 0 in `counts` and, where `before` is given, had
// more there. Empty where there is none.
std::string empty_classes(const std::vector<std::string>& names,
                          const std::vector<uint64_t>& counts,
                          const std::vector<uint64_t>& before = {});

}  // namespace stoker
