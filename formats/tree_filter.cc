#include "formats/tree_filter.h"

#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "formats/image_names.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

std::string file_of(const ListedTree& tree, const ListedEntry& entry) {
  const bool has_file = entry.file < tree.files.size() && entry.kind != ListedKind::kFolder;
  return std::string(base_name(has_file ? tree.files[entry.file] : entry.path));
}

void leave_out(ListedTree& tree, const Exclusions& exclusions, std::vector<bool>& used) {
  std::set<std::string> noted;
  std::erase_if(tree.entries, [&](const ListedEntry& entry) {
    const size_t glob = exclusions.find(entry.path);
    if (glob != Exclusions::kNone) {
      used[glob] = true;
      return true;
    }
    const std::string_view front = left_lying_front(entry.path);
    if (front.empty()) return false;
    if (noted.emplace(front).second) {
      // Of a folder its own name, whatever in it comes first.
      std::string file =
          entry.kind == ListedKind::kFolder ? std::string(base_name(front)) : file_of(tree, entry);
      tree.notes.push_back({std::string(front), "hidden, or left there by a system, left out",
                            std::move(file), entry.place});
    }
    return true;
  });
}

void keep_last_of_a_name(ListedTree& tree) {
  std::unordered_map<std::string_view, size_t> last;
  last.reserve(tree.entries.size());
  std::vector<bool> replaced(tree.entries.size());
  bool any = false;
  for (size_t i = 0; i < tree.entries.size(); ++i) {
    const ListedEntry& entry = tree.entries[i];
    if (entry.kind == ListedKind::kFolder) continue;
    const auto [at, fresh] = last.emplace(entry.path, i);
    if (fresh) continue;
    const bool later = entry.place > tree.entries[at->second].place;
    replaced[later ? at->second : i] = true;
    if (later) at->second = i;
    any = true;
  }
  if (!any) return;
  std::vector<ListedEntry> kept;
  for (size_t i = 0; i < tree.entries.size(); ++i) {
    if (!replaced[i]) {
      kept.push_back(tree.entries[i]);
    } else {
      tree.notes.push_back(note_on(tree, tree.entries[i], kReplaced));
    }
  }
  tree.entries = std::move(kept);
}

}  // namespace

SampleNote note_on(const ListedTree& tree, const ListedEntry& entry, std::string reason) {
  return {entry.path, std::move(reason), file_of(tree, entry), entry.place};
}

std::string path_to(const ListedTree& tree, std::string_view path) {
  for (const auto& [folder, archive] : tree.archives) {
    const bool inside = path == folder || path.starts_with(folder + "/");
    if (inside) return tree.root + "/" + archive + std::string(path.substr(folder.size()));
  }
  return tree.root + "/" + std::string(path);
}

void filter_tree(ListedTree& tree, const Exclusions& exclusions, std::vector<bool>& used) {
  leave_out(tree, exclusions, used);
  keep_last_of_a_name(tree);
}

void keep_images(ListedTree& tree, bool skip_damaged) {
  std::erase_if(tree.entries, [&](const ListedEntry& entry) {
    if (entry.kind == ListedKind::kFolder) return false;
    std::string reason = reason_to_skip(entry.path);
    const bool missing_image = entry.kind == ListedKind::kMissing && reason.empty();
    if (missing_image && !skip_damaged) {
      throw Error(ErrorCode::kCorrupt,
                  "'" + entry.path + "' is " + entry.trouble +
                      ": was the archive made with an exclusion? --on-error skip leaves it out",
                  tree.files[entry.file], entry.place);
    }
    if (entry.kind != ListedKind::kFile) reason = entry.trouble;
    if (reason.empty()) return false;
    tree.notes.push_back(note_on(tree, entry, std::move(reason)));
    return true;
  });
}

}  // namespace stoker
