#include "formats/class_folders.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <string_view>

#include "formats/image_names.h"
#include "formats/split_names.h"
#include "formats/tree_filter.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

// Folders that say what their files are, not of which class.
constexpr std::array<std::string_view, 20> kImageFolders{
    "image", "images",     "img",     "imgs",   "jpeg",     "jpegs",  "jpg",
    "jpgs",  "jpegimages", "png",     "pngs",   "pictures", "photos", "pics",
    "data",  "files",      "dataset", "frames", "raw",      "all"};
constexpr std::array<std::string_view, 14> kTheirCompanions{
    "mask", "masks", "label",        "labels",        "annotation", "annotations", "groundtruth",
    "gt",   "depth", "segmentation", "segmentations", "boxes",      "edges",       "annots"};

struct Child {
  bool has_images = false;                 // directly
  std::set<std::string_view> with_images;  // its sub-folders that hold images at any depth

  bool holds_images() const { return has_images || !with_images.empty(); }
};

// What lies right below one folder.
struct Level {
  bool has_images = false;
  std::map<std::string_view, Child> children;

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [name, child] : children)
      names.emplace_back(name);
    return names;
  }
};

// `root` is empty or ends in '/'.
Level look_below(const ListedTree& tree, const std::string& root) {
  Level level;
  for (const ListedEntry& entry : tree.entries) {
    std::string_view rest = entry.path;
    if (!rest.starts_with(root)) continue;
    rest.remove_prefix(root.size());
    const size_t slash = rest.find('/');
    const std::string_view name = rest.substr(0, slash);
    if (slash == rest.npos) {
      if (entry.kind == ListedKind::kFolder && !name.empty()) level.children[name];
      if (entry.kind == ListedKind::kFile) level.has_images = true;
      continue;
    }
    Child& child = level.children[name];
    if (entry.kind == ListedKind::kFolder) continue;
    rest.remove_prefix(slash + 1);
    const size_t second = rest.find('/');
    if (second == rest.npos) {
      child.has_images = true;
    } else {
      child.with_images.insert(rest.substr(0, second));
    }
  }
  return level;
}

template <typename Names>
bool is_among(std::string_view name, const Names& names) {
  std::string plain = to_lower(name);
  std::erase_if(plain, [](char c) { return c == '_' || c == '-' || c == ' '; });
  return std::find(names.begin(), names.end(), plain) != names.end();
}

class RootSearch {
 public:
  explicit RootSearch(ListedTree& tree) : tree_(tree) {}

  std::string run() {
    std::string root;
    while (true) {
      const Level level = look_below(tree_, root);
      refuse_splits(level, root);
      refuse_image_folders(level, root);
      const std::string_view wrapper = find_wrapper(level, root);
      if (wrapper.empty()) {
        refuse_splits_inside(level, root);
        return root;
      }
      refuse_company(level, root, wrapper);
      root += std::string(wrapper) + "/";
      tree_.notes.push_back({root.substr(0, root.size() - 1),
                             "holds all the images: its sub-folders are taken for the classes", "",
                             0});
    }
  }

 private:
  std::string path_of(const std::string& root, std::string_view name) const {
    return path_to(tree_, root + std::string(name));
  }

  Error refusal(const std::string& message) const {
    return Error(ErrorCode::kInvalidArgument, message, tree_.root);
  }

  void refuse_splits(const Level& level, const std::string& root) {
    const std::vector<std::string> splits = find_splits(level.names());
    if (splits.empty()) return;
    const Child& first = level.children.at(splits.front());
    if (level.children.size() == 1 && !level.has_images && !first.has_images) return;  // a wrapper
    if (splits.size() == 1 && is_a_vehicle(level, splits.front())) {
      tree_.notes.push_back({root + splits.front(), "taken for a class, not for a split", "", 0});
      return;
    }
    std::string choices;
    for (const std::string& split : splits)
      choices += (choices.empty() ? "" : ", ") + path_of(root, split);
    throw refusal(
        "expected one folder per class, found what looks like " +
        std::string(splits.size() > 1 ? "the splits of a data set; give one of them: "
                                      : "a split of a data set; give it: ") +
        choices +
        " (or --exclude it; or --class-from folder, if all folders are classes; or, where a "
        "split has no class folders, --class-from FILE.csv)");
  }

  // "train" beside "car" and "bus", with images of its own as they have.
  static bool is_a_vehicle(const Level& level, const std::string& split) {
    const Child& child = level.children.at(split);
    if (to_lower(split) != "train" || !child.has_images || !child.with_images.empty()) return false;
    const auto like_it = std::count_if(level.children.begin(), level.children.end(),
                                       [](const auto& other) { return other.second.has_images; });
    return like_it > 2;
  }

  void refuse_image_folders(const Level& level, const std::string& root) const {
    const Child* images = nullptr;
    std::string_view name;
    for (const auto& [child_name, child] : level.children) {
      if (!child.holds_images()) continue;
      const bool is_images = is_among(child_name, kImageFolders);
      if (!is_images && !is_among(child_name, kTheirCompanions)) return;
      if (is_images && child.has_images) {
        images = &child;
        name = child_name;
      }
    }
    if (images != nullptr) refuse_flat(tree_, path_of(root, name));
  }

  // The one folder that holds all images, in folders that look like classes; empty: none does.
  std::string_view find_wrapper(const Level& level, const std::string& root) const {
    std::string_view wrapper;
    for (const auto& [name, child] : level.children) {
      if (!child.holds_images()) continue;
      if (!wrapper.empty() || child.has_images || is_wnid(name)) return {};
      wrapper = name;
    }
    if (wrapper.empty() || !split_named(wrapper).empty()) return wrapper;
    return leads_to_classes(root + std::string(wrapper) + "/") ? wrapper : std::string_view();
  }

  bool leads_to_classes(std::string root) const {
    while (true) {
      const Level level = look_below(tree_, root);
      std::vector<std::string_view> holders;
      for (const auto& [name, child] : level.children) {
        if (child.holds_images()) holders.push_back(name);
      }
      if (level.has_images || holders.empty()) return false;
      if (holders.size() > 1 || is_wnid(holders.front()) || !split_named(holders.front()).empty()) {
        return true;
      }
      root += std::string(holders.front()) + "/";
    }
  }

  void refuse_company(const Level& level, const std::string& root, std::string_view wrapper) const {
    if (level.children.size() == 1 && !level.has_images) return;
    throw refusal("expected one folder per class, found all images" +
                  std::string(level.has_images ? " but loose ones" : "") +
                  " in the folders below " + std::string(wrapper) +
                  "; give it: " + path_of(root, wrapper) +
                  " (or --class-from folder, if it is one class among the others)");
  }

  void refuse_splits_inside(const Level& level, const std::string& root) const {
    for (const auto& [name, child] : level.children) {
      const std::vector<std::string> inside(child.with_images.begin(), child.with_images.end());
      const std::vector<std::string> splits = find_splits(inside);
      if (splits.size() < 2) continue;
      throw refusal("the class folder " + path_of(root, name) + " holds splits (" + splits[0] +
                    ", " + splits[1] + "); pack one at a time, with --exclude '*/" + splits[1] +
                    "', or all of them together with --class-from folder");
    }
  }

  ListedTree& tree_;
};

}  // namespace

void refuse_flat(const ListedTree& tree, const std::string& where) {
  const bool backslashes =
      std::any_of(tree.entries.begin(), tree.entries.end(),
                  [](const ListedEntry& e) { return e.path.find('\\') != e.path.npos; });
  throw Error(
      ErrorCode::kInvalidArgument,
      "expected a folder per class, a tar per class, or ILSVRC2012_val_*.JPEG; found images "
      "in no class folder (" +
          where +
          "). Where do their classes stand? --class-from FILE.csv: in a table image,label; "
          "--class-from filename: WordNet ids in the file names" +
          (backslashes ? ". (Names hold backslashes, which are no folders here: repack the "
                         "archive with '/')"
                       : ""),
      tree.root);
}

ClassFolders find_class_folders(ListedTree& tree, bool as_it_is) {
  ClassFolders found;
  if (!as_it_is) found.root = RootSearch(tree).run();
  const Level level = look_below(tree, found.root);
  found.class_names = level.names();
  const bool any = std::any_of(level.children.begin(), level.children.end(),
                               [](const auto& child) { return child.second.holds_images(); });
  if (!any) refuse_flat(tree, tree.root);
  for (const auto& [name, child] : level.children) {
    if (child.holds_images()) continue;
    tree.notes.push_back(
        {found.root + std::string(name), "this class has no images", std::string(name), 0});
  }
  return found;
}

}  // namespace stoker
