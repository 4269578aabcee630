#include "formats/arrow/hub_folder.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "formats/arrow/front_matter.h"
#include "formats/image_names.h"
#include "formats/split_names.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr int kMostFolderDepth = 4;
constexpr size_t kMostFolders = 256;  // more are classes, not configurations
constexpr const char* kCard = "README.md";

std::vector<fs::path> shown(std::vector<fs::path> paths) {
  std::erase_if(paths, [](const fs::path& path) { return own_name(path).starts_with('.'); });
  return paths;
}

struct Tree {
  std::vector<fs::path> files;  // Parquet, sorted by folder and name
  bool among_images = false;
};

void collect(const fs::path& folder, int depth, size_t& folders_left, Tree& tree) {
  bool images = false;
  const size_t before = tree.files.size();
  for (const fs::path& file : shown(list_files(folder))) {
    if (is_parquet_name(file)) tree.files.push_back(file);
    images = images || has_image_extension(file.filename().string());
  }
  tree.among_images = tree.among_images || (images && tree.files.size() > before);
  if (depth >= kMostFolderDepth) return;
  const std::vector<fs::path> inner = shown(list_folders(folder));
  if (inner.size() > folders_left) return;
  folders_left -= inner.size();
  for (const fs::path& each : inner)
    collect(each, depth + 1, folders_left, tree);
}

Tree tree_of(const fs::path& folder) {
  Tree tree;
  size_t folders_left = kMostFolders;
  collect(folder, 0, folders_left, tree);
  return tree;
}

bool begins_as_parquet(const fs::path& path) {
  const FirstLook look = look_at(path);
  return look.starts_with("PAR1") || look.starts_with("PARE") ||
         look.starts_with("version https://git-lfs");
}

// '*' stays within a folder, "**/" is any number of folders.
bool matches(const std::string& glob, const std::string& path) {
  if (glob.find("**") == glob.npos) return fnmatch(glob.c_str(), path.c_str(), FNM_PATHNAME) == 0;
  if (fnmatch(glob.c_str(), path.c_str(), 0) == 0) return true;
  std::string none = glob;
  for (size_t at = none.find("**/"); at != none.npos; at = none.find("**/"))
    none.erase(at, 3);
  return fnmatch(none.c_str(), path.c_str(), FNM_PATHNAME) == 0;
}

// Folders that say no split: "en" of en/train/0000.parquet; empty for data/train-0000.parquet.
std::string config_of(const fs::path& relative) {
  fs::path config;
  for (const fs::path& part : relative.parent_path()) {
    const std::string name = part.string();
    if (name != "data" && split_named(name).empty()) config /= part;
  }
  return config.generic_string();
}

std::string split_of_folders(const fs::path& relative) {
  std::string split;
  for (const fs::path& part : relative.parent_path()) {
    const std::string said = split_named(part.string());
    if (!said.empty()) split = said;
  }
  return split;
}

std::string split_of_path(const fs::path& relative) {
  const std::string own = split_of_hub_name(relative);
  return own.empty() ? split_of_folders(relative) : own;
}

using Configs = std::map<std::string, std::vector<FoundShard>>;

Configs configs_by_card(const Json& card, const fs::path& folder,
                        const std::vector<fs::path>& files) {
  Configs configs;
  for (const HubConfig& config : configs_of_card(card)) {
    std::set<fs::path> seen;
    for (const HubPattern& pattern : config.patterns) {
      for (const fs::path& file : files) {
        const fs::path relative = file.lexically_relative(folder);
        if (!matches(pattern.glob, relative.generic_string()) || !seen.insert(file).second)
          continue;
        const std::string split =
            pattern.split.empty() ? split_of_path(relative) : split_of_hub_split(pattern.split);
        configs[config.name].push_back({file, split});
      }
    }
  }
  return configs;
}

// What the card names for a configuration, and no file matches.
std::vector<MissingShard> unmatched(const Json& card, const std::string& config,
                                    const fs::path& folder, const std::vector<fs::path>& files) {
  std::vector<MissingShard> missing;
  for (const HubConfig& each : configs_of_card(card)) {
    if (each.name != config) continue;
    for (const HubPattern& pattern : each.patterns) {
      const bool any = std::any_of(files.begin(), files.end(), [&](const fs::path& file) {
        return matches(pattern.glob, file.lexically_relative(folder).generic_string());
      });
      if (!any) missing.push_back({folder / pattern.glob, fmt::format("{} names it", kCard)});
    }
  }
  return missing;
}

Configs configs_by_place(const fs::path& folder, const std::vector<fs::path>& files) {
  Configs configs;
  for (const fs::path& file : files) {
    const fs::path relative = file.lexically_relative(folder);
    configs[config_of(relative)].push_back({file, split_of_path(relative)});
  }
  return configs;
}

// The folder that has a configuration's files and no other's; else one of its files.
std::string input_of(const std::string& name, const Configs& configs) {
  const fs::path first = configs.at(name).front().path;
  for (fs::path folder = first.parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    const std::string front = (folder / "").string();
    const auto inside = [&](const FoundShard& shard) {
      return shard.path.string().starts_with(front);
    };
    const std::vector<FoundShard>& own = configs.at(name);
    if (!std::all_of(own.begin(), own.end(), inside)) continue;
    for (const auto& [other, shards] : configs)
      if (other != name && std::any_of(shards.begin(), shards.end(), inside)) return first.string();
    return folder.string();
  }
  return first.string();
}

const std::string& the_one(const Configs& configs, const fs::path& folder) {
  if (configs.size() == 1) return configs.begin()->first;
  constexpr size_t kNamed = 12;
  std::vector<std::string> names;
  for (const auto& [name, shards] : configs) {
    if (names.size() == kNamed) {
      names.emplace_back("...");
      break;
    }
    names.push_back(fmt::format("'{}'", name.empty() ? "(no folder)" : name));
  }
  const std::string& chosen =
      configs.begin()->first.empty() ? std::next(configs.begin())->first : configs.begin()->first;
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format("holds {} configurations, {}: convert one at a time, with --input and its "
                  "folder or files; '{}' has {}",
                  configs.size(), fmt::join(names, ", "), chosen, input_of(chosen, configs)),
      folder.string());
}

Json read_card(const fs::path& folder, std::vector<SampleNote>& notes) {
  if (!fs::is_regular_file(folder / kCard)) return nullptr;
  try {
    return parse_front_matter(read_text_file(folder / kCard));
  } catch (const Error& error) {
    notes.push_back(
        {kCard,
         "is not gone by, splits and classes are those of names and files: " + error.message(),
         kCard, 0});
    return nullptr;
  }
}

}  // namespace

bool is_parquet_name(const fs::path& file) {
  const std::string name = to_lower(file.filename().string());
  return name.ends_with(".parquet") && name != "metadata.parquet" && !name.starts_with('.');
}

bool holds_parquet(const fs::path& folder) {
  const Tree tree = tree_of(folder);
  return !tree.files.empty() && !tree.among_images && begins_as_parquet(tree.files.front());
}

HubFiles find_hub_files(const fs::path& folder) {
  HubFiles found;
  const std::vector<fs::path> files = tree_of(folder).files;
  if (files.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "the folder holds no Parquet files", folder.string());
  }
  const Json card = read_card(folder, found.notes);
  Configs configs = configs_by_card(card, folder, files);
  const bool by_card = !configs.empty();
  if (!by_card) configs = configs_by_place(folder, files);
  const std::string& config = the_one(configs, folder);
  found.shards = configs.at(config);
  std::vector<fs::path> meant;
  for (const FoundShard& shard : found.shards)
    meant.push_back(shard.path);
  found.missing = missing_shards(meant, files);
  if (by_card) {
    const std::vector<MissingShard> named = unmatched(card, config, folder, files);
    found.missing.insert(found.missing.end(), named.begin(), named.end());
  }
  if (found.shards.size() < files.size()) {
    found.notes.push_back({kCard,
                           fmt::format("names {} of {} Parquet files: the others are left out",
                                       found.shards.size(), files.size()),
                           kCard, 0});
  }
  found.features = features_of_card(card);
  return found;
}

std::string split_of_hub_split(const std::string& split) {
  const std::string known = split_named(split);
  return known.empty() ? split : known;
}

std::string split_of_hub_name(const fs::path& file) {
  const auto number = shard_number(file);
  if (!number) return split_of_shard_name(file.filename().string());
  const std::string known = split_of_shard_name(number->front);
  return known.empty() ? split_of_hub_split(number->front) : known;
}

}  // namespace stoker
