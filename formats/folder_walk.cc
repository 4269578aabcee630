#include "formats/folder_walk.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMaxDepth = 100;

struct FolderIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FolderIdentity&) const = default;
};

std::vector<std::string> sorted_names(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  if (error) throw system_error("list", folder, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

// One branch of the tree, on one thread.
class Walk {
 public:
  Walk(const std::string& root, const Exclusions& exclusions, const FolderIdentity& top)
      : root_(root), exclusions_(exclusions), parents_{top} {}

  void visit(const std::string& path) {
    struct stat status {};
    const std::string full = root_ + "/" + path;
    if (::stat(full.c_str(), &status) != 0) return visit_unreachable(path, full, errno);
    if (S_ISDIR(status.st_mode)) return enter(path, full, {status.st_dev, status.st_ino});
    if (!S_ISREG(status.st_mode)) return add(path, ListedKind::kOther, kNotRegular);
    add(path, ListedKind::kFile, {});
    found_.back().size_bytes = static_cast<uint64_t>(status.st_size);
  }

  std::vector<ListedEntry> take() { return std::move(found_); }

 private:
  void visit_unreachable(const std::string& path, const std::string& full, int error_number) {
    if (error_number == ELOOP) {
      return add(path, ListedKind::kOther, kLinkToItself);
    }
    if (error_number == ENOENT || error_number == ENOTDIR) {
      return add(path, ListedKind::kOther, kBrokenLink);
    }
    throw system_error("look at", full, error_number);
  }

  void enter(const std::string& path, const std::string& full, const FolderIdentity& identity) {
    if (std::find(parents_.begin(), parents_.end(), identity) != parents_.end()) {
      return add(path, ListedKind::kOther, kLinkBack);
    }
    add(path, ListedKind::kFolder, {});
    if (!left_lying_front(path).empty() || exclusions_.find(path) != Exclusions::kNone) return;
    if (parents_.size() > kMaxDepth) {
      throw Error(ErrorCode::kCorrupt,
                  "folders lie more than " + std::to_string(kMaxDepth) +
                      " deep: is this a mount inside itself, or a chain of links? --exclude "
                      "leaves a folder out",
                  full);
    }
    parents_.push_back(identity);
    for (const std::string& name : sorted_names(full))
      visit(path + "/" + name);
    parents_.pop_back();
  }

  void add(const std::string& path, ListedKind kind, const std::string& trouble) {
    ListedEntry entry;
    entry.path = path;
    entry.kind = kind;
    entry.trouble = trouble;
    found_.push_back(std::move(entry));
  }

  const std::string& root_;
  const Exclusions& exclusions_;
  std::vector<FolderIdentity> parents_;
  std::vector<ListedEntry> found_;
};

}  // namespace

ListedTree walk_folder(const fs::path& root, const Exclusions& exclusions) {
  ListedTree tree;
  tree.root = root.string();
  while (tree.root.size() > 1 && tree.root.ends_with('/'))
    tree.root.pop_back();
  tree.name = own_name(root);
  struct stat status {};
  if (::stat(tree.root.c_str(), &status) != 0) throw system_error("look at", tree.root, errno);
  const std::vector<std::string> names = sorted_names(tree.root);
  std::vector<std::vector<ListedEntry>> found(names.size());
  run_parallel(names.size(), [&](uint64_t i) {
    Walk walk(tree.root, exclusions, {status.st_dev, status.st_ino});
    walk.visit(names[i]);
    found[i] = walk.take();
  });
  for (std::vector<ListedEntry>& part : found) {
    for (ListedEntry& entry : part) {
      if (entry.kind == ListedKind::kFile) {
        entry.file = static_cast<uint32_t>(tree.files.size());
        tree.files.push_back(tree.root + "/" + entry.path);
      }
      tree.entries.push_back(std::move(entry));
    }
    part = {};
  }
  return tree;
}

}  // namespace stoker
