// Parquet files of a folder as the Hub has them: data/SPLIT-00000-of-0000N.parquet, folders of
// splits, and configurations, of which one is converted at a time.
//
// Thread-safety: free functions. Errors: InvalidArgument for a folder without such files, and for
// one of several configurations, naming them and what to give instead.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "formats/arrow/numbered_shards.h"
#include "formats/shard_inputs.h"

namespace stoker {

// By name: *.parquet. A table of facts about images that lie beside it (metadata.parquet) is none.
bool is_parquet_name(const std::filesystem::path& file);

// Whether Parquet files are what the folder holds: none of them lies among images, and the first
// begins as Parquet does. Looks a few folders deep, and not into hundreds of them.
bool holds_parquet(const std::filesystem::path& folder);

struct HubFiles {
  std::vector<FoundShard> shards;  // by split as found, then by name
  std::string features;            // of README.md: class names, as JSON; else empty
  std::vector<SampleNote> notes;
  std::vector<MissingShard> missing;  // by the shards' names, and by README.md
};

// Splits are, in this order, those of README.md, of names such as SPLIT-00000-of-00002, of folders.
HubFiles find_hub_files(const std::filesystem::path& folder);

// "train" for train-00000-of-00002-0a1b.parquet, "unsupervised" likewise; empty where the name says
// none. "val" for validation, as everywhere in the house.
std::string split_of_hub_name(const std::filesystem::path& file);
// The split that Hugging Face calls so: "val" for "validation"; others stay.
std::string split_of_hub_split(const std::string& split);

}  // namespace stoker
