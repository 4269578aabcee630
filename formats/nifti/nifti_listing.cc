#include "formats/nifti/nifti_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "formats/left_out_names.h"
#include "formats/nifti/nifti_file.h"
#include "formats/split_names.h"
#include "formats/volume_folder.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

using Files = std::map<std::string, fs::path>;  // by name without ending

const std::vector<std::string> kImageFolders{"imagesTr",     "images",  "image",  "img",
                                             "train_images", "volumes", "volume", "scans"};
const std::vector<std::string> kLabelFolders{"labelsTr", "labels",       "label",         "masks",
                                             "mask",     "train_labels", "segmentations", "seg"};
constexpr std::array<std::string_view, 5> kLabelWords{"segmentation", "seg", "mask", "labels",
                                                      "label"};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(text.begin(), text.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// "X" of "X_seg", "X-mask" ...; nothing for names that do not say label.
std::optional<std::string> labelled_name(const std::string& name) {
  const std::string low = lower(name);
  for (const std::string_view word : kLabelWords) {
    if (!low.ends_with(word) || low.size() < word.size() + 2) continue;
    const char before = low[low.size() - word.size() - 1];
    if (before == '_' || before == '-' || before == '.') {
      return name.substr(0, name.size() - word.size() - 1);
    }
  }
  return std::nullopt;
}

Files files_below(const fs::path& folder) {
  Files files;
  for (auto& [name, path] : list_nifti_files(folder)) {
    const auto [found, is_new] = files.emplace(name, path);
    if (!is_new) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("a volume is there twice: {} and {}",
                              found->second.filename().string(), path.filename().string()),
                  path.parent_path().string());
    }
  }
  return files;
}

// CASE_0000 is CASE where every image has the number and none of the labels' names does.
void drop_channel_numbers(Files& images, const Files& labels) {
  constexpr std::string_view kFirst = "_0000";
  Files renamed;
  for (const auto& [name, path] : images) {
    if (!name.ends_with(kFirst) || labels.contains(name)) return;
    renamed.emplace(name.substr(0, name.size() - kFirst.size()), path);
  }
  images = std::move(renamed);
}

class Lister {
 public:
  Lister(CaseListing& listing, bool labels) : listing_(listing), labels_(labels) {}

  void take(const fs::path& input, const std::string& split) {
    if (!fs::is_directory(input)) {
      const std::string name = input.filename().string();
      const std::string stem(nifti_stem(name));
      add(stem.empty() ? name : stem, input, {}, split);
      return;
    }
    const fs::path images = find_folder(input, kImageFolders);
    const fs::path labels = find_folder(input, kLabelFolders);
    if (!images.empty() && (!labels.empty() || holds_nifti(images))) {
      take_folders(images, labels, split);
      note_others(input, images, labels);
    } else if (!take_splits(input, split)) {
      take_by_suffix(input, split);
    }
  }

 private:
  bool take_splits(const fs::path& input, const std::string& split) {
    std::vector<fs::path> folders;
    std::vector<std::string> names;
    for (const fs::path& folder : list_folders(input)) {
      const std::string name = folder.filename().string();
      if (is_left_lying_about(name) || name.front() == '.' || !holds_nifti(folder)) continue;
      folders.push_back(folder);
      names.push_back(name);
    }
    if (folders.empty() || find_splits(names).size() != names.size()) return false;
    for (size_t i = 0; i < folders.size(); ++i) {
      const std::string own = split_named(names[i]);
      take(folders[i], split.empty() ? (own.empty() ? names[i] : own) : split);
    }
    return true;
  }

  void take_folders(const fs::path& image_folder, const fs::path& label_folder,
                    const std::string& split) {
    Files images = files_below(image_folder);
    Files labels;
    if (labels_ && !label_folder.empty()) labels = files_below(label_folder);
    drop_channel_numbers(images, labels);
    pair(images, labels, !label_folder.empty() && labels_, split);
  }

  void note_others(const fs::path& input, const fs::path& images, const fs::path& labels) {
    for (const fs::path& folder : list_folders(input)) {
      const std::string name = folder.filename().string();
      if (folder == images || folder == labels || name.front() == '.' || !holds_nifti(folder)) {
        continue;
      }
      listing_.notes.push_back(
          {name, fmt::format("its NIfTI files are left out beside {}", images.filename().string()),
           name, 0});
    }
  }

  void take_by_suffix(const fs::path& folder, const std::string& split) {
    const Files all = files_below(folder);
    Files images;
    Files labels;
    for (const auto& [name, path] : all) {
      const auto base = labelled_name(name);
      if (base && all.contains(*base)) {
        labels.emplace(*base, path);
      } else {
        images.emplace(name, path);
      }
    }
    if (!labels_) labels.clear();
    pair(images, labels, !labels.empty(), split);
  }

  void pair(const Files& images, const Files& labels, bool has_labels, const std::string& split) {
    listing_.has_labels = listing_.has_labels || has_labels;
    for (const auto& [name, path] : images) {
      const auto label = labels.find(name);
      add(name, path, label == labels.end() ? fs::path() : label->second, split);
    }
    for (const auto& [name, path] : labels) {
      if (images.contains(name)) continue;
      listing_.notes.push_back({name, "a label without a volume, left out",
                                (path.parent_path().filename() / path.filename()).string(), 0});
    }
  }

  void add(const std::string& name, const fs::path& image, const fs::path& label,
           const std::string& split) {
    VolumeCase one;
    one.name = name;
    const std::string named = split.empty() ? "train" : split;
    auto& splits = listing_.splits;
    const auto found = std::find(splits.begin(), splits.end(), named);
    one.split = static_cast<size_t>(found - splits.begin());
    if (found == splits.end()) splits.push_back(named);
    one.volumes.push_back({image});
    one.volumes.emplace_back();
    if (!label.empty()) one.volumes.back().push_back(label);
    listing_.cases.push_back(std::move(one));
  }

  CaseListing& listing_;
  bool labels_;
};

void refuse_twins(const CaseListing& listing) {
  std::map<std::pair<size_t, std::string>, const VolumeCase*> seen;
  for (const VolumeCase& one : listing.cases) {
    const auto [twin, is_new] = seen.emplace(std::pair(one.split, one.name), &one);
    if (is_new) continue;
    throw Error(
        ErrorCode::kCorrupt,
        fmt::format("two volumes are called '{}' in split {}: {} is another", one.name,
                    listing.splits[one.split], twin->second->volumes.front().front().string()),
        one.volumes.front().front().string());
  }
}

}  // namespace

std::vector<std::pair<std::string, fs::path>> list_nifti_files(const fs::path& folder) {
  std::vector<std::pair<std::string, fs::path>> files;
  for (const fs::path& path : list_files(folder)) {
    const std::string name = path.filename().string();
    const std::string stem(nifti_stem(name));
    if (!stem.empty() && name.front() != '.') files.emplace_back(stem, path);
  }
  for (const fs::path& below : list_folders(folder)) {
    const std::string name = below.filename().string();
    if (name.front() == '.' || is_left_lying_about(name)) continue;
    for (auto& [stem, path] : list_nifti_files(below))
      files.emplace_back(fmt::format("{}/{}", name, stem), std::move(path));
  }
  return files;
}

CaseListing list_nifti(const std::vector<fs::path>& inputs, bool labels, const std::string& split) {
  CaseListing listing;
  Lister lister(listing, labels);
  for (const fs::path& input : inputs)
    lister.take(input, split);
  refuse_twins(listing);
  if (listing.has_labels) return listing;
  for (VolumeCase& one : listing.cases)
    one.volumes.resize(1);
  return listing;
}

bool holds_nifti(const fs::path& folder) {
  constexpr int kMostNames = 4000;
  constexpr int kDeepest = 4;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error);
  const fs::recursive_directory_iterator end;
  for (int count = 0; !error && at != end && count < kMostNames; ++count, at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.front() == '.' || at.depth() >= kDeepest) at.disable_recursion_pending();
    if (name.front() != '.' && !nifti_stem(name).empty() && at->is_regular_file(error)) {
      if (lower(name).ends_with(".hdr") &&
          !fs::exists(fs::path(at->path()).replace_extension(".img")))
        continue;  // a radiance picture, say
      return true;
    }
  }
  return false;
}

}  // namespace stoker
