#include "formats/listing_rule.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "formats/class_archives.h"
#include "formats/class_folders.h"
#include "formats/image_names.h"
#include "formats/imagenet_val.h"
#include "formats/tar_walk.h"
#include "formats/tree_filter.h"
#include "formats/utf8_names.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr size_t kShownPaths = 3;

Error usage_error(const std::string& message, const ListedTree& tree) {
  return Error(ErrorCode::kInvalidArgument, message, tree.root);
}

// What the images of a tree are named like, and whether they lie together.
struct ImageNames {
  std::optional<std::string> folder;  // the one that holds all images; none: several do
  bool any_val = false;               // ILSVRC2012_val_00000001.JPEG
  bool any_loose_val = false;         // such a one at the root
  bool all_flat = true;               // as Hugging Face's ImageNet names them
};

ImageNames look_at_names(const ListedTree& tree) {
  ImageNames names;
  bool several = false;
  for (const ListedEntry& entry : tree.entries) {
    if (entry.kind != ListedKind::kFile) continue;
    const std::string_view folder = folder_name(entry.path);
    if (!names.folder) names.folder = folder;
    if (*names.folder != folder) several = true;
    const bool is_val = !imagenet_val_stem(entry.path).empty();
    names.any_val = names.any_val || is_val;
    names.any_loose_val = names.any_loose_val || (is_val && folder.empty());
    names.all_flat = names.all_flat && is_flat_imagenet_name(entry.path);
  }
  if (several) names.folder.reset();
  return names;
}

void sort_notes(std::vector<SampleNote>& notes) {
  std::stable_sort(notes.begin(), notes.end(), [](const SampleNote& a, const SampleNote& b) {
    return comes_before(a.name, b.name);
  });
}

bool has_class_folder(const ListedTree& tree) {
  return std::any_of(tree.entries.begin(), tree.entries.end(), [](const ListedEntry& entry) {
    return entry.kind == ListedKind::kFolder && is_wnid(entry.path);
  });
}

class Lister {
 public:
  Lister(ListedTree tree, const ListingRule& rule, std::vector<bool>& used)
      : tree_(std::move(tree)), rule_(rule), used_(used) {}

  SourceListing run() {
    filter_tree(tree_, rule_.exclusions, used_);
    const std::vector<size_t> archives =
        find_class_archives(tree_, rule_.class_from != ClassFrom::kLook);
    if (!archives.empty()) {
      open_inner_archives(tree_, archives, rule_.skip_damaged);
      filter_tree(tree_, rule_.exclusions, used_);
      refuse_archives_inside();
    }
    keep_images(tree_, rule_.skip_damaged);
    refuse_no_images();
    SourceListing listing = list_by_class();
    std::move(tree_.notes.begin(), tree_.notes.end(), std::back_inserter(listing.notes));
    listing.files = std::move(tree_.files);
    listing.archives = {tree_.root};
    return listing;
  }

 private:
  void refuse_archives_inside() const {
    for (const ListedEntry& entry : tree_.entries) {
      if (entry.kind != ListedKind::kFile || !is_tar_name(entry.path)) continue;
      throw usage_error("expected images in the tar of a class, found an archive in it: " +
                            entry.path + "; give the archive that holds the class tars: " +
                            path_to(tree_, folder_name(entry.path)),
                        tree_);
    }
  }

  void refuse_no_images() {
    size_t folders = 0;
    for (const ListedEntry& entry : tree_.entries) {
      if (entry.kind == ListedKind::kFile) return;
      ++folders;
    }
    sort_notes(tree_.notes);
    std::string reasons;
    for (size_t i = 0; i < std::min(tree_.notes.size(), kShownPaths); ++i)
      reasons += "; " + tree_.notes[i].name + ": " + tree_.notes[i].reason;
    throw Error(ErrorCode::kCorrupt,
                "the source holds no images and no class tars (" + std::to_string(folders) +
                    " folders, " + std::to_string(tree_.notes.size()) + " other entries)" + reasons,
                tree_.root);
  }

  SourceListing list_by_class() {
    switch (rule_.class_from) {
      case ClassFrom::kFolder:
        return list_by_folder(find_class_folders(tree_, true));
      case ClassFrom::kFileName:
        return list_by_file_name();
      case ClassFrom::kTable:
        return list_by_table();
      case ClassFrom::kLook:
        break;
    }
    const ImageNames names = look_at_names(tree_);
    if (names.any_loose_val && (!names.folder || has_class_folder(tree_))) {
      throw usage_error(
          "holds loose validation images beside folders: was valprep.sh interrupted? Move the rest "
          "into their class folders, or all of them back",
          tree_);
    }
    if (names.folder && !is_wnid(base_name(*names.folder))) {
      if (names.any_val) return list_val();
      if (names.all_flat) {
        tree_.notes.push_back({"file names",
                               "classes are the WordNet ids in the file names, as in the flat "
                               "layout of Hugging Face",
                               "", 0});
        return list_by_file_name();
      }
      if (names.folder->empty()) put_into_class_of_root();
    }
    return list_by_folder(find_class_folders(tree_, false));
  }

  // n01440764.tar, or a folder of that name, with its images right inside.
  void put_into_class_of_root() {
    if (!is_wnid(tree_.name)) refuse_flat(tree_, tree_.root);
    for (ListedEntry& entry : tree_.entries)
      entry.path = tree_.name + "/" + entry.path;
  }

  SourceListing list_val() {
    if (rule_.val_labels == nullptr) {
      throw usage_error(
          "these are ILSVRC2012 validation images, which do not say their class; give --devkit "
          "ILSVRC2012_devkit_t12.tar.gz (or its folder, valprep.sh, or LOC_val_solution.csv)",
          tree_);
    }
    return list_imagenet_val(tree_, *rule_.val_labels);
  }

  SourceListing list_by_folder(const ClassFolders& folders) {
    SourceListing listing;
    listing.class_names = folders.class_names;
    listing.entered = folder_name(folders.root);
    std::map<std::string_view, int32_t> index_of;
    for (size_t i = 0; i < listing.class_names.size(); ++i)
      index_of.emplace(listing.class_names[i], static_cast<int32_t>(i));
    for (const ListedEntry& entry : tree_.entries) {
      if (entry.kind != ListedKind::kFile) continue;
      std::string_view name = entry.path;
      const bool inside = name.starts_with(folders.root);
      if (inside) name.remove_prefix(folders.root.size());
      const size_t slash = name.find('/');
      if (!inside || slash == name.npos) {
        listing.notes.push_back(note_on(tree_, entry, "not in a class folder, left out"));
        continue;
      }
      add_item(listing, entry, name, index_of.at(name.substr(0, slash)));
    }
    return listing;
  }

  SourceListing list_by_file_name() {
    std::set<std::string_view> wnids;
    for (const ListedEntry& entry : tree_.entries) {
      if (entry.kind != ListedKind::kFile) continue;
      const std::string_view wnid = wnid_in_name(entry.path);
      if (wnid.empty()) {
        throw Error(ErrorCode::kInvalidArgument,
                    "expected a WordNet id at either end of every file's name, as in "
                    "n01440764_10026_n01440764.JPEG; found none, or two that differ, in " +
                        entry.path + " (--exclude leaves files out)",
                    tree_.root);
      }
      wnids.insert(wnid);
    }
    SourceListing listing;
    listing.class_names.assign(wnids.begin(), wnids.end());
    listing.entered = shared_folder();
    const size_t front = bytes_with_slash(listing.entered);
    for (const ListedEntry& entry : tree_.entries) {
      if (entry.kind != ListedKind::kFile) continue;
      const auto place = wnids.find(wnid_in_name(entry.path));
      add_item(listing, entry, std::string_view(entry.path).substr(front),
               static_cast<int32_t>(std::distance(wnids.begin(), place)));
    }
    return listing;
  }

  SourceListing list_by_table() {
    SourceListing listing;
    listing.class_names = rule_.table->class_names;
    std::vector<std::string> names;
    std::vector<const ListedEntry*> images;
    for (const ListedEntry& entry : tree_.entries) {
      if (entry.kind != ListedKind::kFile) continue;
      names.push_back(entry.path);
      images.push_back(&entry);
    }
    TableLabels found = match_images(*rule_.table, names);
    const std::string file(base_name(rule_.table->path));
    tree_.notes.push_back(
        {file, "classes are read from the columns " + rule_.table->columns, file, 0});
    std::move(found.notes.begin(), found.notes.end(), std::back_inserter(tree_.notes));
    listing.entered = shared_folder();
    const size_t front = bytes_with_slash(listing.entered);
    std::vector<bool> has_images(listing.class_names.size());
    for (size_t i = 0; i < images.size(); ++i) {
      if (found.labels[i] < 0) {
        listing.notes.push_back(
            note_on(tree_, *images[i], "has no label in " + file + ", left out"));
        continue;
      }
      has_images[static_cast<size_t>(found.labels[i])] = true;
      add_item(listing, *images[i], std::string_view(names[i]).substr(front), found.labels[i]);
    }
    for (size_t i = 0; i < has_images.size(); ++i) {
      if (!has_images[i]) {
        listing.notes.push_back({listing.class_names[i], "this class has no images", file, 0});
      }
    }
    return listing;
  }

  // The folder that holds all images: it says nothing about them. Empty where several do.
  std::string shared_folder() const { return look_at_names(tree_).folder.value_or(""); }

  static size_t bytes_with_slash(const std::string& folder) {
    return folder.empty() ? 0 : folder.size() + 1;
  }

  static void add_item(SourceListing& listing, const ListedEntry& entry, std::string_view name,
                       int32_t label) {
    listing.items.push_back(
        {std::string(name), entry.file, entry.offset_bytes, entry.size_bytes, label});
  }

  ListedTree tree_;
  const ListingRule& rule_;
  std::vector<bool>& used_;
};

// Rewrites names that are not UTF-8; the manifest could not hold them. Two of one name would be one
// sample, or one class.
void escape_names(SourceListing& listing) {
  bool any = false;
  const auto escape = [&](std::string& name) {
    if (is_utf8(name)) return;
    name = escape_non_utf8(name);
    any = true;
  };
  for (std::string& name : listing.class_names)
    escape(name);
  for (SourceItem& item : listing.items)
    escape(item.name);
  for (SampleNote& note : listing.notes) {
    escape(note.name);
    escape(note.reason);
    escape(note.file);
  }
  if (!any) return;
  const std::set<std::string_view> classes(listing.class_names.begin(), listing.class_names.end());
  std::set<std::string_view> samples;
  for (const SourceItem& item : listing.items)
    samples.insert(item.name);
  if (classes.size() != listing.class_names.size() || samples.size() != listing.items.size()) {
    throw Error(ErrorCode::kCorrupt,
                "names that are not UTF-8 cannot be told from others that spell their bytes as "
                "\\xHH; rename them",
                listing.archives.front());
  }
  listing.notes.push_back(
      {"names", "names that are not UTF-8 are written with \\xHH for each such byte", "", 0});
}

}  // namespace

SourceListing list_tree(ListedTree tree, const ListingRule& rule, std::vector<bool>& used) {
  SourceListing listing = Lister(std::move(tree), rule, used).run();
  std::sort(listing.items.begin(), listing.items.end(),
            [](const SourceItem& a, const SourceItem& b) { return comes_before(a.name, b.name); });
  sort_notes(listing.notes);
  escape_names(listing);
  return listing;
}

}  // namespace stoker
