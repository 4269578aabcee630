// From a sample's name to its key in a WebDataset shard, and the list that leads back.
//
// A key has no dot in its base name, since members' names are parted there. Where a key is not the
// sample's name, SHARD.names.tsv beside the shard says so ("KEY<tab>NAME", a line a sample):
// readers of WebDataset take no notice of it, ours gives samples their names back.
// Thread-safety: free functions.
#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>

namespace stoker {

// The name without the ending of an image file; other dots of its base name, and those that would
// hide a part of it, become '_'. Corrupt for names that climb out of a folder, and for control
// characters.
std::string key_of_sample(const std::string& name);

// "x/train-000000.names.tsv" of "x/train-000000.tar".
std::filesystem::path names_path(const std::filesystem::path& shard);

// Names by key; empty where there is no list. Corrupt for a line that is none.
std::unordered_map<std::string, std::string> read_sample_names(const std::filesystem::path& shard);

}  // namespace stoker
