#include "formats/nnunet/nnunet_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "formats/volume_file.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr size_t kChannelLetters = 5;  // "_0000"

bool ends_in_channel(const std::string& stem) {
  if (stem.size() <= kChannelLetters) return false;
  const std::string tail = stem.substr(stem.size() - kChannelLetters);
  return tail[0] == '_' && std::all_of(tail.begin() + 1, tail.end(), [](char c) {
           return std::isdigit(static_cast<unsigned char>(c)) != 0;
         });
}

// The cases in a folder of images, each with what its files are called but for channel and ending.
struct Found {
  std::set<std::string> numbered;  // CASE_0000
  std::set<std::string> plain;     // CASE, as the Decathlon has it: channels in one file
  std::vector<std::string> spare;  // files of channels that dataset.json does not name
};

Found find_cases(const fs::path& folder, const std::string& ending, size_t channels) {
  Found found;
  for (const fs::path& path : list_files(folder)) {
    const std::string name = path.filename().string();
    if (name.front() == '.' || !name.ends_with(ending) || name.size() == ending.size()) continue;
    const std::string stem = name.substr(0, name.size() - ending.size());
    if (ends_in_channel(stem)) {
      const std::string channel = stem.substr(stem.size() - kChannelLetters + 1);
      if (static_cast<size_t>(std::stoi(channel)) >= channels) found.spare.push_back(name);
      found.numbered.insert(stem.substr(0, stem.size() - kChannelLetters));
    } else {
      found.plain.insert(stem);
    }
  }
  return found;
}

class NnunetLister {
 public:
  NnunetLister(const fs::path& folder, const NnunetDataset& dataset, CaseListing& listing)
      : folder_(folder), dataset_(dataset), listing_(listing) {}

  void take(const char* place, bool labels, const std::string& split,
            const std::set<std::string>& val) {
    const fs::path images = folder_ / fmt::format("images{}", place);
    const fs::path label_folder = folder_ / fmt::format("labels{}", place);
    if (!fs::is_directory(images)) return;
    const Found found = find_cases(images, dataset_.file_ending, dataset_.channel_names.size());
    note_spare_channels(found.spare, images);
    std::set<std::string> names = found.numbered;
    names.insert(found.plain.begin(), found.plain.end());
    for (const std::string& name : names) {
      VolumeCase one{name, 0, {{}, {}}, images / (name + ".json")};
      one.split = split_index(val.contains(name) ? "val" : split);
      if (found.numbered.contains(name)) {
        for (size_t c = 0; c < dataset_.channel_names.size(); ++c)
          one.volumes[0].push_back(images /
                                   fmt::format("{}_{:04}{}", name, c, dataset_.file_ending));
      } else {
        one.volumes[0].push_back(images / (name + dataset_.file_ending));
      }
      const fs::path label = label_folder / (name + dataset_.file_ending);
      if (!labels) {
        one.volumes.resize(1);
      } else if (fs::exists(label)) {
        one.volumes[1].push_back(label);
      }
      listing_.cases.push_back(std::move(one));
    }
    if (labels) note_lone_labels(label_folder, names);
  }

 private:
  size_t split_index(const std::string& split) {
    auto& splits = listing_.splits;
    const auto found = std::find(splits.begin(), splits.end(), split);
    if (found != splits.end()) return static_cast<size_t>(found - splits.begin());
    splits.push_back(split);
    return splits.size() - 1;
  }

  void note_spare_channels(const std::vector<std::string>& files, const fs::path& folder) {
    for (const std::string& name : files) {
      listing_.notes.push_back(
          {name,
           fmt::format("is no channel of dataset.json, which names {}: left out",
                       dataset_.channel_names.size()),
           (folder.filename() / name).string(), 0});
    }
  }

  void note_lone_labels(const fs::path& folder, const std::set<std::string>& names) {
    for (const fs::path& path : list_files(folder)) {
      const std::string name = path.filename().string();
      if (name.front() == '.' || !name.ends_with(dataset_.file_ending)) continue;
      const std::string stem = name.substr(0, name.size() - dataset_.file_ending.size());
      if (names.contains(stem)) continue;
      listing_.notes.push_back(
          {stem, "a label without an image, left out", (folder.filename() / name).string(), 0});
    }
  }

  const fs::path& folder_;
  const NnunetDataset& dataset_;
  CaseListing& listing_;
};

size_t count_cases(const fs::path& folder, const NnunetDataset& dataset) {
  const Found found = find_cases(folder, dataset.file_ending, dataset.channel_names.size());
  return found.numbered.size() + found.plain.size();
}

std::set<std::string> validation_cases(const fs::path& folder) {
  const fs::path path = folder / kNnunetSplitsName;
  if (!fs::exists(path)) return {};
  try {
    const auto cases = parse_validation_cases(read_text_file(path));
    return {cases.begin(), cases.end()};
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

}  // namespace

CaseListing list_nnunet(const fs::path& folder, const NnunetDataset& dataset, bool labels,
                        const std::string& split) {
  if (!is_volume_name("x" + dataset.file_ending)) {
    throw Error(
        ErrorCode::kUnsupported,
        fmt::format("its files end in {}: .nii.gz, .nii and .tif are read", dataset.file_ending),
        (folder / kNnunetTableName).string());
  }
  const bool train_labels = labels && fs::is_directory(folder / "labelsTr");
  const bool test_labels = labels && fs::is_directory(folder / "labelsTs");
  const bool has_test = fs::is_directory(folder / "imagesTs");
  CaseListing listing;
  NnunetLister lister(folder, dataset, listing);
  if (split == "test" && has_test) {
    listing.has_labels = test_labels;
    lister.take("Ts", test_labels, "test", {});
    return listing;
  }
  listing.has_labels = train_labels;
  lister.take("Tr", train_labels, "train", validation_cases(folder));
  if (!has_test) return listing;
  if (test_labels == train_labels || listing.cases.empty()) {
    listing.has_labels = listing.cases.empty() ? test_labels : train_labels;
    lister.take("Ts", listing.has_labels, "test", {});
  } else if (const size_t count = count_cases(folder / "imagesTs", dataset)) {
    listing.notes.push_back(
        {"imagesTs",
         fmt::format("{} cases without labels, left out: --split test converts them alone", count),
         "imagesTs", 0});
  }
  return listing;
}

}  // namespace stoker
