#include "formats/image_source.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "formats/class_tars.h"
#include "formats/image_folder.h"
#include "formats/image_names.h"
#include "formats/imagenet_labels.h"
#include "formats/imagenet_val.h"
#include "formats/listing_join.h"
#include "formats/tar.h"
#include "formats/tar_links.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

using Labels = std::optional<ImagenetValLabels>;

Error usage_error(const std::string& message, const fs::path& path) {
  return Error(ErrorCode::kInvalidArgument, message, path.string());
}

const ImagenetValLabels& need_labels(const Labels& labels, const fs::path& path) {
  if (labels) return *labels;
  throw usage_error(
      "these are ILSVRC2012 validation images, which do not say their class; give --devkit "
      "ILSVRC2012_devkit_t12.tar.gz (or its folder, valprep.sh, or LOC_val_solution.csv)",
      path);
}

// MedNIST/train and MedNIST/val are not two classes of MedNIST.
void refuse_splits_as_classes(const std::vector<std::string>& classes, const fs::path& path) {
  static const std::set<std::string_view> kSplitNames{"train",      "training", "val",    "valid",
                                                      "validation", "test",     "testing"};
  const auto is_split = [](const std::string& name) { return kSplitNames.contains(name); };
  if (classes.empty() || !std::all_of(classes.begin(), classes.end(), is_split)) return;
  throw usage_error(
      "expected one folder per class, found the splits of a data set; give one of "
      "them: " +
          (path / classes.front()).string(),
      path);
}

// A path that goes on inside a tar: the tar, and the folder in it.
struct TarPath {
  fs::path archive;
  std::string root;
};

TarPath split_tar_path(const fs::path& path) {
  for (fs::path archive = path; !archive.empty(); archive = archive.parent_path()) {
    if (fs::is_regular_file(archive)) {
      const fs::path root = path.lexically_relative(archive);
      return {archive, root == "." ? std::string() : (root / "").parent_path().string()};
    }
    if (archive == archive.parent_path()) break;
  }
  throw system_error("open", path.string(), ENOENT);
}

void check_is_tar(const fs::path& path) {
  const RangeFile file(path);
  const Bytes front = file.read(0, std::min<uint64_t>(file.size(), 512));
  if (front.empty()) throw Error(ErrorCode::kCorrupt, "the file is empty", path.string());
  if (looks_like_tar(front)) return;
  const std::string_view text = as_text(front);
  if (text.starts_with("\x1f\x8b") || text.starts_with("BZh") ||
      text.starts_with("\xfd"
                       "7zXZ") ||
      text.starts_with("\x28\xb5\x2f\xfd") || text.starts_with("PK\x03\x04")) {
    throw Error(ErrorCode::kUnsupported,
                "a compressed archive cannot be read in place; decompress it to a plain tar, or "
                "extract it and give the folder",
                path.string());
  }
  throw Error(ErrorCode::kCorrupt, "expected a tar archive or a folder, found neither",
              path.string(), 0);
}

struct TarContents {
  bool has_class_tars = false;
  bool all_images_are_val = true;       // ILSVRC2012_val_*.JPEG
  std::set<std::string> image_folders;  // folders that hold images
};

TarContents look_into(const std::vector<TarMember>& members) {
  TarContents contents;
  for (const TarMember& member : members) {
    if (member.type != TarMemberType::kFile || is_hidden(member.name)) continue;
    if (member.name.ends_with(".tar")) contents.has_class_tars = true;
    if (!has_image_extension(member.name)) continue;
    contents.image_folders.emplace(folder_name(member.name));
    if (imagenet_val_stem(member.name).empty()) contents.all_images_are_val = false;
  }
  return contents;
}

// The folder above all class folders: "" for CLASS/file, "imagenette2/train" for
// imagenette2/train/CLASS/file.
std::string find_class_root(const std::set<std::string>& image_folders, const fs::path& archive) {
  std::set<std::string> roots;
  for (const std::string& folder : image_folders)
    roots.emplace(folder_name(folder));
  if (roots.size() == 1) return *roots.begin();
  throw usage_error("holds class folders in several places; give one of them: " +
                        (archive / *roots.begin()).string() + " or " +
                        (archive / *std::next(roots.begin())).string(),
                    archive);
}

SourceListing list_tar_path(const fs::path& path, const Labels& labels, bool skip_damaged) {
  const TarPath place = split_tar_path(path);
  const fs::path& archive = place.archive;
  check_is_tar(archive);
  const RangeFile file(archive);
  const std::vector<TarMember> members = list_tar(tar_bytes(file));
  if (!skip_damaged) refuse_broken_links(members, archive.string());
  if (!place.root.empty()) {
    SourceListing listing = list_image_folder_in_tar(archive, members, place.root);
    refuse_splits_as_classes(listing.class_names, path);
    if (!listing.items.empty()) return listing;
    throw usage_error("the archive has no class folders with images in " + place.root, archive);
  }
  const TarContents contents = look_into(members);
  if (contents.has_class_tars) return list_nested_class_tars(archive, members, skip_damaged);
  if (contents.image_folders.empty()) {
    throw Error(ErrorCode::kCorrupt,
                "the archive holds no images and no class tars (" + std::to_string(members.size()) +
                    " members)",
                archive.string());
  }
  const bool in_one_folder = contents.image_folders.size() == 1;
  if (in_one_folder && contents.all_images_are_val &&
      !is_wnid(base_name(*contents.image_folders.begin()))) {
    return list_imagenet_val_tar(archive, members, need_labels(labels, archive));
  }
  if (contents.image_folders.contains("")) {
    if (in_one_folder && is_wnid(archive.stem().string())) {
      return list_separate_class_tars({archive}, skip_damaged);
    }
    throw usage_error(
        "expected class folders, class tars or ILSVRC2012_val_*.JPEG in the archive, found images "
        "without a class at its top",
        archive);
  }
  SourceListing listing =
      list_image_folder_in_tar(archive, members, find_class_root(contents.image_folders, archive));
  refuse_splits_as_classes(listing.class_names, archive);
  return listing;
}

SourceListing list_folder_path(const fs::path& path, const Labels& labels, bool skip_damaged) {
  const auto hidden = [](const fs::path& p) { return is_hidden(p.string()); };
  std::vector<fs::path> files = list_files(path);
  std::vector<fs::path> folders = list_folders(path);
  std::erase_if(files, hidden);
  std::erase_if(folders, hidden);
  std::vector<fs::path> tars;
  std::copy_if(files.begin(), files.end(), std::back_inserter(tars), [](const fs::path& file) {
    return file.extension() == ".tar" && is_wnid(file.stem().string());
  });
  if (!tars.empty() && !folders.empty()) {
    throw usage_error("holds class tars (" + tars.front().filename().string() + ") and folders (" +
                          folders.front().filename().string() +
                          "): which are meant? Move one kind elsewhere",
                      path);
  }
  if (!tars.empty()) return list_separate_class_tars(tars, skip_damaged);
  const bool has_val = std::any_of(files.begin(), files.end(), [](const fs::path& file) {
    return !imagenet_val_stem(file.string()).empty();
  });
  if (has_val && !folders.empty()) {
    throw usage_error(
        "holds loose validation images beside folders: was valprep.sh interrupted? Move the rest "
        "into their class folders, or all of them back",
        path);
  }
  if (has_val) return list_imagenet_val_folder(path, need_labels(labels, path));
  SourceListing listing = list_image_folder(path);
  refuse_splits_as_classes(listing.class_names, path);
  if (!listing.items.empty()) return listing;
  throw usage_error(
      "expected a folder per class with images in it, nXXXXXXXX.tar files, or "
      "ILSVRC2012_val_*.JPEG files; found none of them",
      path);
}

}  // namespace

SourceListing list_image_source(const std::vector<fs::path>& paths,
                                const ImageSourceOptions& options) {
  if (paths.empty()) throw Error(ErrorCode::kInvalidArgument, "no input given");
  Labels labels;
  if (options.devkit) labels = read_imagenet_val_labels(*options.devkit);
  std::vector<SourceListing> listings;
  for (const fs::path& path : paths) {
    SourceListing listing = fs::is_directory(path)
                                ? list_folder_path(path, labels, options.skip_damaged)
                                : list_tar_path(path, labels, options.skip_damaged);
    listing.archives = {path.string()};
    if (labels) renumber_classes(listing, labels->class_names);
    settle_equal_names(listing);
    listings.push_back(std::move(listing));
  }
  SourceListing listing = join_listings(std::move(listings));
  if (paths.size() > 1) settle_equal_names(listing);
  return listing;
}

}  // namespace stoker
