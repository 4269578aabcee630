// Folders that datasets' save_to_disk wrote: state.json says which Arrow files there are, and in
// which order; dataset_dict.json which folders of splits.
//
// Thread-safety: free functions. Errors: Corrupt for damaged JSON; Unsupported for a folder that
// holds a selection of rows alone.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "formats/arrow/numbered_shards.h"
#include "formats/shard_inputs.h"
#include "libdata/core/arrays.h"

namespace stoker {

// Its first bytes are those of a stream or a file of record batches.
bool looks_like_arrow(ByteSpan front);

bool holds_saved_dataset(const std::filesystem::path& folder);

struct SavedFiles {
  std::vector<FoundShard> shards;
  std::vector<SampleNote> notes;      // files of the folder that are none of the set's
  std::vector<MissingShard> missing;  // by state.json, and by the shards' names
};

// Also of a folder of *.arrow files without state.json, as datasets' cache has them. Tables that
// datasets computed from these (cache-*.arrow) are left out.
SavedFiles find_saved_files(const std::filesystem::path& folder);

// Features as dataset_info.json beside the file has them; empty where there is none.
std::string saved_features(const std::filesystem::path& file);

}  // namespace stoker
