// dataset.json of an nnU-Net raw folder, of version 2 and of version 1 (and of the Medical
// Segmentation Decathlon, which version 1 took it from).
//
// Thread-safety: pure functions. Errors: Corrupt for text that is no such JSON; Unsupported for
// files that are no volumes. Source: nnU-Net's documentation/dataset_format.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

inline constexpr const char* kNnunetTableName = "dataset.json";
inline constexpr const char* kNnunetSplitsName = "splits_final.json";

struct NnunetDataset {
  std::vector<std::string> channel_names;  // by channel
  std::map<int64_t, std::string> labels;   // name of each value but the one to ignore
  std::optional<int64_t> ignore_label;
  bool has_regions = false;  // labels are sets of values, which have no names
  std::string file_ending = ".nii.gz";
  uint64_t training_count = 0;
};

NnunetDataset parse_nnunet_dataset(std::string_view text);
std::string encode_nnunet_dataset(const NnunetDataset& dataset);  // as version 2 has it

// In index order. A value that has no name is "class N"; none where labels are regions.
std::vector<std::string> class_names_of(const NnunetDataset& dataset);

// Cases to validate on, of the first of the folds; none where there is no such table.
std::vector<std::string> parse_validation_cases(std::string_view text);
std::string encode_splits(const std::vector<std::string>& train,
                          const std::vector<std::string>& val);

}  // namespace stoker
