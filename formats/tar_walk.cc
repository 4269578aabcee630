#include "formats/tar_walk.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "formats/image_names.h"
#include "formats/left_out_names.h"
#include "formats/tar_links.h"
#include "formats/tar_tree.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// Zeros behind the end mark that no usual record size explains. GNU tar's own is 10 KiB.
constexpr uint64_t kNotablePaddingBytes = 1u << 20;

struct Contents {
  std::vector<ListedEntry> entries;
  std::vector<SampleNote> notes;
};

// What lies in the archive below `folder`.
Contents list_archive(const RangeFile& file, TarRange range, const std::string& name,
                      const std::string& folder, bool skip_damaged) {
  Contents contents;
  std::vector<TarMember> members;
  const std::string file_name(base_name(file.path()));
  try {
    const TarEnd end = visit_tar(tar_bytes(file), range,
                                 [&](TarMember&& member) { members.push_back(std::move(member)); });
    if (end.zero_bytes > kNotablePaddingBytes) {
      contents.notes.push_back({name,
                                "the archive ends here and " + std::to_string(end.zero_bytes) +
                                    " bytes of zeros follow: padding, unless a download was never "
                                    "finished",
                                file_name, end.mark_offset_bytes});
    }
  } catch (const Error& error) {
    if (!skip_damaged || error.code() == ErrorCode::kIo) throw;
    contents.notes.push_back({name, "the rest of this archive is lost: " + error.message(),
                              file_name, error.offset_bytes().value_or(range.offset_bytes)});
  }
  resolve_hard_links(members);
  contents.entries = tar_entries(std::move(members), folder);
  return contents;
}

// Whether all that counts in an archive lies in one folder called `name`.
bool lies_in_folder(const std::vector<ListedEntry>& entries, const std::string& name) {
  bool any = false;
  for (const ListedEntry& entry : entries) {
    if (!left_lying_front(entry.path).empty()) continue;
    if (entry.kind == ListedKind::kFolder && entry.path == name) continue;
    if (!entry.path.starts_with(name + "/")) return false;
    any = true;
  }
  return any;
}

struct InnerArchive {
  std::string path;
  std::vector<ListedEntry> entries;
  std::vector<SampleNote> notes;
};

InnerArchive open_inner(const ListedTree& tree, const ListedEntry& archive, bool skip_damaged) {
  InnerArchive inner;
  inner.path = archive.path;
  const std::string folder(without_extension(archive.path));
  const RangeFile file(tree.files[archive.file]);
  Contents contents;
  try {
    contents = list_archive(file, {archive.offset_bytes, archive.size_bytes}, archive.path, "",
                            skip_damaged);
  } catch (const Error& error) {
    throw Error(error.code(), "in " + std::string(base_name(archive.path)) + ": " + error.message(),
                file.path(), error.offset_bytes());
  }
  inner.notes = std::move(contents.notes);
  ListedEntry top;
  top.path = folder;
  top.kind = ListedKind::kFolder;
  top.file = archive.file;
  top.place = archive.place;
  inner.entries.push_back(std::move(top));
  const std::string name(base_name(folder));
  const bool has_folder = lies_in_folder(contents.entries, name);
  const std::string front =
      has_folder ? folder.substr(0, folder.size() - name.size()) : folder + "/";
  for (ListedEntry& entry : contents.entries) {
    const bool outside = has_folder && !entry.path.starts_with(name + "/");
    if (outside && entry.kind == ListedKind::kFolder) continue;
    entry.path.insert(0, outside ? folder + "/" : front);
    entry.file = archive.file;
    inner.entries.push_back(std::move(entry));
  }
  return inner;
}

void check_is_tar(const RangeFile& file, TarRange range, const std::string& path) {
  const Bytes front = file.read(range.offset_bytes, std::min<uint64_t>(range.size_bytes, 512));
  if (front.empty()) throw Error(ErrorCode::kCorrupt, "the file is empty", path);
  if (looks_like_tar(front)) return;
  const std::string_view text = as_text(front);
  if (text.starts_with("\x1f\x8b") || text.starts_with("BZh") ||
      text.starts_with("\xfd"
                       "7zXZ") ||
      text.starts_with("\x28\xb5\x2f\xfd") || text.starts_with("PK\x03\x04")) {
    throw Error(ErrorCode::kUnsupported,
                "a compressed archive cannot be read in place; decompress it to a plain tar, or "
                "extract it and give the folder",
                path);
  }
  throw Error(ErrorCode::kCorrupt, "expected a tar archive or a folder, found neither", path,
              range.offset_bytes);
}

// The archive on `path` that lies on disk, and the rest of the path.
std::pair<fs::path, std::string> split_at_file(const fs::path& path) {
  for (fs::path archive = path; !archive.empty(); archive = archive.parent_path()) {
    std::error_code error;
    if (fs::is_regular_file(archive, error)) {
      const fs::path rest = path.lexically_relative(archive);
      return {archive, rest == "." ? std::string() : (rest / "").parent_path().string()};
    }
    if (archive == archive.parent_path()) break;
  }
  throw system_error("open", path.string(), ENOENT);
}

}  // namespace

bool is_tar_name(std::string_view name) {
  return to_lower(name).ends_with(".tar") && base_name(name).size() > 4;
}

TarPlace find_tar_place(const fs::path& path) {
  TarPlace place;
  std::tie(place.archive, place.folder) = split_at_file(path);
  const RangeFile file(place.archive);
  place.range = {0, file.size()};
  place.name = std::string(without_extension(place.archive.filename().string()));
  check_is_tar(file, place.range, place.archive.string());
  // Whether the path goes on through an inner archive; several levels, each by its longest front.
  while (to_lower(place.folder).find(".tar") != std::string::npos) {
    std::optional<ListedEntry> inner;
    for (ListedEntry& entry : tar_entries(list_tar(tar_bytes(file), place.range), "")) {
      const bool on_the_way =
          place.folder == entry.path || place.folder.starts_with(entry.path + "/");
      if (entry.kind == ListedKind::kFile && is_tar_name(entry.path) && on_the_way) {
        inner = std::move(entry);  // the last of its name
      }
    }
    if (!inner) break;
    place.range = {inner->offset_bytes, inner->size_bytes};
    place.folder.erase(0, std::min(inner->path.size() + 1, place.folder.size()));
    place.name = std::string(without_extension(base_name(inner->path)));
    check_is_tar(file, place.range, path.string());
  }
  if (!place.folder.empty()) place.name = std::string(base_name(place.folder));
  return place;
}

ListedTree walk_tar(const TarPlace& place, const fs::path& path) {
  ListedTree tree;
  tree.root = path.string();
  while (tree.root.ends_with('/'))
    tree.root.pop_back();
  tree.name = place.name;
  tree.files = {place.archive.string()};
  const RangeFile file(place.archive);
  Contents contents = list_archive(file, place.range, place.name, place.folder, false);
  tree.notes = std::move(contents.notes);
  tree.entries = std::move(contents.entries);
  return tree;
}

void open_inner_archives(ListedTree& tree, const std::vector<size_t>& archives, bool skip_damaged) {
  std::vector<InnerArchive> found(archives.size());
  run_parallel(archives.size(), [&](uint64_t i) {
    found[i] = open_inner(tree, tree.entries[archives[i]], skip_damaged);
  });
  std::vector<ListedEntry> entries;
  std::set<size_t> opened(archives.begin(), archives.end());
  for (size_t i = 0; i < tree.entries.size(); ++i) {
    if (!opened.contains(i)) entries.push_back(std::move(tree.entries[i]));
  }
  for (size_t i = 0; i < found.size(); ++i) {
    tree.archives.emplace(found[i].entries.front().path, std::move(found[i].path));
    std::move(found[i].entries.begin(), found[i].entries.end(), std::back_inserter(entries));
    std::move(found[i].notes.begin(), found[i].notes.end(), std::back_inserter(tree.notes));
    found[i] = {};
  }
  tree.entries = std::move(entries);
}

}  // namespace stoker
