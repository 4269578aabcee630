// Parts of a packing plan, packed apart, and how they become one data set.
//
// Thread-safety: free functions. Errors: those of reading and writing manifests and shards.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "libdata/sample/conversion_plan.h"
#include "libdata/sample/dataset_manifest.h"

namespace stoker {

// What --part leaves for --merge. part-00002-of-00008.json: a manifest that lists the part's shards
// only, and in its options how many shards the whole plan has ("part_plan_shards"). Never called
// dataset.json, so no reader takes a part for the whole.
void write_part_manifest(const std::filesystem::path& folder, const PackPart& part,
                         const PackPlan& plan, const Manifest& manifest);

std::string part_manifest_name(const PackPart& part);

// Whether a file of this name is one.
bool is_part_manifest(const std::string& file_name);

enum class MergeMode { kWrite, kDryRun };

// Joins finished parts into one data set: reads every part-*.json in `output` and in
// `part_folders`, links or copies shards that lie elsewhere into `output`, writes dataset.json and
// removes the part-*.json of `output`. Merging again gives the same. A dry run checks all of it and
// writes nothing. InvalidArgument where a part is missing or belongs to another plan; Corrupt where
// no sample is left.
Manifest merge_parts(const std::filesystem::path& output,
                     const std::vector<std::filesystem::path>& part_folders,
                     MergeMode mode = MergeMode::kWrite);

}  // namespace stoker
