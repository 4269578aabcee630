// The shards that a user means: files as they were named, those of folders, and what is known of
// each before it is opened.
//
// Beside shards that convert-dataset wrote lies stoker.json: it says splits, fields and classes of
// the files that it names. Thread-safety: free functions.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "formats/format.h"
#include "libdata/sample/dataset_manifest.h"

namespace stoker {

struct ShardInput {
  std::filesystem::path path;
  size_t split = 0;                      // index into ShardInputs::splits
  std::optional<uint64_t> sample_count;  // where stoker.json says it
};

struct ShardInputs {
  std::vector<ShardInput> shards;  // in the order given; those of a folder by name
  std::vector<std::string> splits;
  std::vector<SourceEntry> sources;     // the paths the user named
  std::shared_ptr<const Manifest> own;  // where all shards were written by convert-dataset
};

// `is_shard` goes by the name of a file in a folder. A folder without shards of its own may have
// folders of them. Splits are, in this order, those of stoker.json, of the file's name, of its
// folder's, the one requested, "train". InvalidArgument for a path given twice, a folder without
// shards, and shards of sets that convert-dataset wrote with other fields or classes.
ShardInputs find_shards(const SourceRequest& request,
                        bool (*is_shard)(const std::filesystem::path& file));

// "train" for imagenet-train-000012.tar, "val" for cifar10-validation.tfrecord-00000-of-00001;
// empty where no part of the name is a split's, or several that differ are.
std::string split_of_shard_name(const std::string& name);

// A shard as a format finds it: with the split that the layout of its folders says, or empty.
struct FoundShard {
  std::filesystem::path path;
  std::string split;
};
// Likewise, for formats with rules of their own of what lies where in an input. Of shards in a
// folder called data, stoker.json may also lie beside that folder.
ShardInputs find_shards(
    const SourceRequest& request,
    const std::function<std::vector<FoundShard>(const std::filesystem::path& input)>& shards_of);

// Corrupt where the shard holds other samples than stoker.json says, as one that was cut between
// two samples does; with `skip_damaged` a note.
void check_sample_count(const ShardInput& shard, uint64_t found, bool skip_damaged,
                        std::vector<SampleNote>& notes);

// Names of files by which to tell them apart: without folders, or, where two are alike, with as
// many folders in front of all as it takes.
std::vector<std::string> names_that_differ(const std::vector<std::string>& paths);

// Names of samples that are unique in their split already stay. In a split where some are not, all
// become longer_name(item), and a note says so. Corrupt where that does not help.
void make_names_unique(std::vector<PlannedItem>& items, const std::vector<std::string>& splits,
                       const std::function<std::string(uint64_t item)>& longer_name,
                       std::vector<SampleNote>& notes);

}  // namespace stoker
