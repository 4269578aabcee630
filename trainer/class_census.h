// How many samples each class has, and what about that is odd enough to say before training.
//
// Reads the index only. One thread. Errors: Corrupt.
#pragma once

#include <string>
#include <vector>

#include "libdata/shard/packed_dataset.h"

namespace stoker {

// Samples of each class; labels that are no class are not counted (the loader refuses them).
std::vector<uint64_t> count_classes(const PackedSplit& split, size_t label_field,
                                    size_t class_count);

// Sentences for warnings: there is one class alone; classes without a sample, by name.
std::vector<std::string> describe_odd_classes(const std::vector<uint64_t>& counts,
                                              const std::vector<std::string>& names);

}  // namespace stoker
