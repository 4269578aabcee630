#include "formats/class_archives.h"

#include <set>
#include <string>

#include "formats/image_names.h"
#include "formats/split_names.h"
#include "formats/tar_walk.h"
#include "formats/tree_filter.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

Error usage_error(const std::string& message, const ListedTree& tree) {
  return Error(ErrorCode::kInvalidArgument, message, tree.root);
}

std::string class_of(const ListedEntry& archive) {
  return std::string(without_extension(base_name(archive.path)));
}

void refuse_splits(const ListedTree& tree, const std::vector<size_t>& archives) {
  std::vector<std::string> names;
  for (const size_t i : archives)
    names.push_back(class_of(tree.entries[i]));
  if (find_splits(names).size() < 2) return;  // one: its folders tell
  std::string choices;
  for (const size_t i : archives)
    choices += (choices.empty() ? "" : ", ") + tree.root + "/" + tree.entries[i].path;
  throw usage_error(
      "expected one tar per class, found the archives of a data set; give one of them: " + choices +
          " (--class-from folder, if each is a class)",
      tree);
}

void refuse_equal_classes(const ListedTree& tree, const std::vector<size_t>& archives) {
  std::set<std::string> classes;
  std::set<std::string_view> folders;
  for (const size_t i : archives) {
    const ListedEntry& archive = tree.entries[i];
    if (!classes.insert(std::string(without_extension(archive.path))).second) {
      throw Error(ErrorCode::kCorrupt,
                  "expected one tar a class, found two for class " + class_of(archive),
                  tree.files[archive.file], archive.place);
    }
    folders.insert(folder_name(archive.path));
  }
  if (folders.size() < 2) return;
  throw usage_error("holds class tars in several folders; give one of them: " + tree.root + "/" +
                        std::string(*folders.rbegin()) + " (or --class-from folder)",
                    tree);
}

}  // namespace

std::vector<size_t> find_class_archives(ListedTree& tree, bool any_names) {
  std::vector<size_t> archives;
  bool has_images = false;        // in folders
  bool has_loose_images = false;  // at the root: strays beside class tars
  for (size_t i = 0; i < tree.entries.size(); ++i) {
    const ListedEntry& entry = tree.entries[i];
    if (entry.kind != ListedKind::kFile) continue;
    if (is_tar_name(entry.path)) archives.push_back(i);
    if (!has_image_extension(entry.path)) continue;
    (folder_name(entry.path).empty() ? has_loose_images : has_images) = true;
  }
  if (archives.empty() || any_names) return archives;
  const bool one_beside_many =
      archives.size() == 1 && !is_wnid(class_of(tree.entries[archives.front()]));
  if (has_loose_images && one_beside_many) has_images = true;
  if (has_images) {
    for (const size_t i : archives) {
      const ListedEntry& archive = tree.entries[i];
      if (folder_name(archive.path).empty() && is_wnid(class_of(archive))) {
        throw usage_error("holds class tars (" + archive.path +
                              ") and images outside of tars: which are meant? Move one kind "
                              "elsewhere, or leave it out by --exclude",
                          tree);
      }
      tree.notes.push_back(note_on(tree, archive, "an archive beside images, left out"));
    }
    std::erase_if(tree.entries, [](const ListedEntry& entry) {
      return entry.kind == ListedKind::kFile && is_tar_name(entry.path);
    });
    return {};
  }
  refuse_splits(tree, archives);
  refuse_equal_classes(tree, archives);
  return archives;
}

}  // namespace stoker
