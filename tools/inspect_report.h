// What inspect-dataset says, for people and as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libdata/shard/packed_dataset.h"
#include "tools/dataset_summary.h"

namespace stoker {

void print_dataset(const PackedDataset& dataset, const std::vector<SplitSummary>& splits);
void print_sample(const PackedDataset& dataset, const PackedSplit& split, uint64_t sample_id);

// With the details of one sample where `sample_split` is not null.
std::string dataset_json(const PackedDataset& dataset, const std::vector<SplitSummary>& splits,
                         const PackedSplit* sample_split, uint64_t sample_id);

}  // namespace stoker
