#include "formats/shard_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "formats/split_names.h"
#include "formats/unit_folder.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/shard/manifest.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

using OwnManifest = std::shared_ptr<const Manifest>;

// Where a format has its shards in a folder below the one that stoker.json is in.
constexpr const char* kDataFolder = "data";

// Null where there is none, or one that cannot be read: the shards can.
OwnManifest manifest_in(const fs::path& folder) {
  const fs::path path = folder / kForeignManifestName;
  if (!fs::is_regular_file(path)) return nullptr;
  try {
    return std::make_shared<const Manifest>(read_manifest(path));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kIo) throw;
    return nullptr;
  }
}

OwnManifest manifest_of_shards_in(const fs::path& folder) {
  OwnManifest own = manifest_in(folder);
  const fs::path whole = fs::absolute(folder).lexically_normal();
  if (own || own_name(whole) != kDataFolder) return own;
  return manifest_in((whole.has_filename() ? whole : whole.parent_path()).parent_path());
}

struct OwnPlace {
  std::string split;  // empty: the manifest does not have the file
  uint64_t sample_count = 0;
};

OwnPlace place_in(const Manifest& manifest, const fs::path& file) {
  for (const SplitEntry& split : manifest.splits) {
    for (const ShardSummary& shard : split.shards) {
      if (shard.file == file.filename().string()) return {split.name, shard.sample_count};
    }
  }
  return {};
}

std::vector<fs::path> shards_in(const fs::path& folder, bool (*is_shard)(const fs::path&)) {
  std::vector<fs::path> files = list_files(folder);
  std::erase_if(files, [&](const fs::path& file) {
    return file.filename().string().starts_with('.') || !is_shard(file);
  });
  return files;
}

std::vector<fs::path> shards_of(const fs::path& input, bool (*is_shard)(const fs::path&)) {
  if (!fs::is_directory(input)) return {input};
  std::vector<fs::path> files = shards_in(input, is_shard);
  if (!files.empty()) return files;
  for (const fs::path& folder : list_folders(input)) {
    if (folder.filename().string().starts_with('.')) continue;
    const std::vector<fs::path> inner = shards_in(folder, is_shard);
    files.insert(files.end(), inner.begin(), inner.end());
  }
  if (files.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "the folder holds no shards of this format",
                input.string());
  }
  return files;
}

std::string split_by_names(const fs::path& file) {
  const std::string own = split_of_shard_name(file.filename().string());
  if (!own.empty()) return own;
  return split_named(fs::absolute(file).lexically_normal().parent_path().filename().string());
}

SourceEntry describe_input(const fs::path& input) {
  std::error_code error;
  const uint64_t size = fs::is_regular_file(input) ? fs::file_size(input, error) : 0;
  const fs::path normal = input.lexically_normal();
  return {(normal.has_filename() ? normal : normal.parent_path()).filename().string(), size};
}

// Finds out about one shard after the other.
class Collector {
 public:
  explicit Collector(const SourceRequest& request) : request_(request) {}

  // `found_split`: by the layout; empty where that says none.
  void add(const fs::path& path, const std::string& found_split) {
    if (!seen_.insert(fs::weakly_canonical(path)).second) {
      throw Error(ErrorCode::kInvalidArgument, "is given twice", path.string());
    }
    const fs::path folder = path.parent_path();
    auto [known, is_new] = manifests_.try_emplace(folder);
    if (is_new) known->second = manifest_of_shards_in(folder.empty() ? "." : folder);
    const OwnPlace own = known->second ? place_in(*known->second, path) : OwnPlace();
    std::string split = own.split;
    std::optional<uint64_t> sample_count;
    if (split.empty()) {
      all_own_ = false;
      split = found_split.empty() ? split_by_names(path) : found_split;
    } else {
      take_own(known->second, path);
      sample_count = own.sample_count;
    }
    if (split.empty()) split = request_.split.empty() ? "train" : request_.split;
    inputs_.shards.push_back({path, index_of(split), sample_count});
  }

  ShardInputs finish() {
    if (all_own_) inputs_.own = own_;
    return std::move(inputs_);
  }
  std::vector<SourceEntry>& sources() { return inputs_.sources; }

 private:
  void take_own(const OwnManifest& manifest, const fs::path& path) {
    if (!own_) {
      own_ = manifest;
      for (const SplitEntry& split : manifest->splits)
        index_of(split.name);
    }
    if (own_->schema == manifest->schema && own_->class_names == manifest->class_names) return;
    throw Error(ErrorCode::kInvalidArgument,
                "has other fields or classes than the shards before it: convert them one after "
                "the other",
                path.string());
  }

  size_t index_of(const std::string& split) {
    const auto found = std::find(inputs_.splits.begin(), inputs_.splits.end(), split);
    if (found != inputs_.splits.end()) return static_cast<size_t>(found - inputs_.splits.begin());
    inputs_.splits.push_back(split);
    return inputs_.splits.size() - 1;
  }

  const SourceRequest& request_;
  ShardInputs inputs_;
  std::set<fs::path> seen_;
  std::map<fs::path, OwnManifest> manifests_;  // by folder
  OwnManifest own_;
  bool all_own_ = true;
};

}  // namespace

ShardInputs find_shards(
    const SourceRequest& request,
    const std::function<std::vector<FoundShard>(const fs::path& input)>& found_in) {
  Collector collector(request);
  for (const fs::path& input : request.inputs) {
    collector.sources().push_back(describe_input(input));
    for (const FoundShard& shard : found_in(input))
      collector.add(shard.path, shard.split);
  }
  return collector.finish();
}

ShardInputs find_shards(const SourceRequest& request, bool (*is_shard)(const fs::path&)) {
  return find_shards(request, [&](const fs::path& input) {
    std::vector<FoundShard> found;
    for (fs::path& path : shards_of(input, is_shard))
      found.push_back({std::move(path), {}});
    return found;
  });
}

std::string split_of_shard_name(const std::string& name) {
  std::set<std::string> splits;
  for (size_t begin = 0; begin < name.size();) {
    const size_t end = std::min(name.find_first_of("-_. ", begin), name.size());
    const std::string split = split_named(std::string_view(name).substr(begin, end - begin));
    if (!split.empty()) splits.insert(split);
    begin = end + 1;
  }
  return splits.size() == 1 ? *splits.begin() : std::string();
}

void check_sample_count(const ShardInput& shard, uint64_t found, bool skip_damaged,
                        std::vector<SampleNote>& notes) {
  if (!shard.sample_count || *shard.sample_count == found) return;
  const std::string what = fmt::format(
      "expected {} samples, as {} says, found {}: the file was cut short or written "
      "anew; copy it again, or remove {} where that is meant",
      *shard.sample_count, kForeignManifestName, found, kForeignManifestName);
  if (!skip_damaged) throw Error(ErrorCode::kCorrupt, what, shard.path.string());
  const std::string file = shard.path.filename().string();
  notes.push_back({file, what, file, 0});
}

std::vector<std::string> names_that_differ(const std::vector<std::string>& paths) {
  constexpr int kMostFolders = 64;
  std::vector<std::string> names;
  for (int folders = 0; folders < kMostFolders; ++folders) {
    names.clear();
    for (const std::string& path : paths) {
      const fs::path whole = fs::absolute(path).lexically_normal();
      fs::path name = whole.filename();
      fs::path folder = whole.parent_path();
      for (int i = 0; i < folders && folder.has_filename(); ++i, folder = folder.parent_path())
        name = folder.filename() / name;
      names.push_back(name.generic_string());
    }
    if (std::set<std::string>(names.begin(), names.end()).size() == names.size()) break;
  }
  return names;
}

void make_names_unique(std::vector<PlannedItem>& items, const std::vector<std::string>& splits,
                       const std::function<std::string(uint64_t)>& longer_name,
                       std::vector<SampleNote>& notes) {
  const auto find_twin = [&](size_t split) -> const PlannedItem* {
    std::unordered_set<std::string_view> names;
    for (const PlannedItem& item : items)
      if (item.split == split && !names.insert(item.name).second) return &item;
    return nullptr;
  };
  for (size_t split = 0; split < splits.size(); ++split) {
    const PlannedItem* twin = find_twin(split);
    if (twin == nullptr) continue;
    notes.push_back({twin->name,
                     fmt::format("several samples of split {} are called so: all names of that "
                                 "split have the shard's name in front",
                                 splits[split]),
                     {},
                     0});
    for (uint64_t i = 0; i < items.size(); ++i)
      if (items[i].split == split) items[i].name = longer_name(i);
    twin = find_twin(split);
    if (twin == nullptr) continue;
    throw Error(ErrorCode::kCorrupt,
                fmt::format("split {} holds two samples called '{}'", splits[split], twin->name));
  }
}

}  // namespace stoker
