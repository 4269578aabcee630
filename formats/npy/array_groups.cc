#include "formats/npy/array_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "formats/image_names.h"
#include "formats/npy/npy_header.h"
#include "formats/npy/zip_listing.h"
#include "formats/split_names.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/sample/schema.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr const char* kNpy = ".npy";
constexpr const char* kNpz = ".npz";
// Each field in each of a few splits; far more are samples in files of their own.
constexpr size_t kMostFiles = 4 * kMaxFields;

bool has_ending(const fs::path& path, const char* ending) {
  return path.extension() == ending;
}

template <typename T>
void append(std::vector<T> from, std::vector<T>& to) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

void add_npz(const fs::path& path, ArrayGroups& found, uint64_t& memory_left) {
  NamedArrays opened = open_npz(path, memory_left);
  ArrayGroup group;
  group.name = path.stem().string();
  group.split = split_named(group.name);
  group.arrays = std::move(opened.arrays);
  group.files = {path};
  if (!group.arrays.empty()) found.groups.push_back(std::move(group));
  append(std::move(opened.notes), found.notes);
  append(std::move(opened.left_out), found.left_out);
}

// An array of elements that are not read is left out of a folder, as out of a .npz.
void add_npy(const fs::path& path, const std::string& prefix, ArrayGroup& group,
             ArrayGroups& found) {
  try {
    NamedArray named = open_npy(path, found.notes);
    named.name = prefix + named.name;
    group.arrays.push_back(std::move(named));
    group.files.push_back(path);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnsupported) throw;
    found.left_out.push_back(
        {prefix + path.stem().string(), error.message(), path.filename().string(), 0});
  }
}

void add_folder(const fs::path& folder, ArrayGroups& found, uint64_t& memory_left) {
  ArrayGroup group;
  group.name = fs::absolute(folder / "").lexically_normal().parent_path().filename().string();
  std::vector<std::pair<fs::path, std::string>> places{{folder, ""}};
  for (const fs::path& inner : list_folders(folder)) {
    const std::string name = inner.filename().string();
    if (!split_named(name).empty()) places.emplace_back(inner, name + "/");
  }
  size_t files = 0;
  for (const auto& [place, prefix] : places) {
    for (const fs::path& path : list_files(place)) {
      const bool is_npz = has_ending(path, kNpz);
      if (!is_npz && !has_ending(path, kNpy)) continue;
      if (++files > kMostFiles) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("holds more than {} .npy and .npz files: expected one array a "
                                "field with all samples in it; a file a sample is not read",
                                kMostFiles),
                    folder.string());
      }
      if (is_npz) {
        add_npz(path, found, memory_left);
      } else {
        add_npy(path, prefix, group, found);
      }
    }
  }
  if (!group.arrays.empty()) found.groups.push_back(std::move(group));
}

struct FolderCount {
  size_t arrays = 0;
  size_t images = 0;
  bool images_deeper = false;  // in the first of its sub-folders
};

// A look at some of its entries: detection has to be cheap.
FolderCount count_files(const fs::path& folder, bool goes_deeper = true) {
  constexpr size_t kMostLookedAt = 1000;
  FolderCount count;
  std::error_code error;
  size_t looked_at = 0;
  for (fs::directory_iterator at(folder, error), end;
       !error && at != end && looked_at < kMostLookedAt; at.increment(error), ++looked_at) {
    const fs::path& path = at->path();
    std::error_code no_folder;
    if (has_image_extension(path.filename().string())) ++count.images;
    if (has_ending(path, kNpy) || has_ending(path, kNpz)) ++count.arrays;
    if (goes_deeper && at->is_directory(no_folder)) {
      count.images_deeper = count_files(path, false).images > 0;
      goes_deeper = false;
    }
  }
  return count;
}

}  // namespace

ArrayGroups open_array_groups(const std::vector<fs::path>& inputs) {
  ArrayGroups found;
  ArrayGroup named_one_by_one;
  uint64_t memory_left = kMostInflatedInAll;
  for (const fs::path& input : inputs) {
    if (fs::is_directory(input)) {
      add_folder(input, found, memory_left);
      continue;
    }
    const RangeFile file(input);
    const Bytes front = file.read(0, std::min<uint64_t>(file.size(), 16));
    if (looks_like_zip(front)) {
      add_npz(input, found, memory_left);
    } else {
      add_npy(input, "", named_one_by_one, found);
    }
  }
  if (!named_one_by_one.arrays.empty()) found.groups.push_back(std::move(named_one_by_one));
  if (found.groups.empty() && found.left_out.empty()) {
    throw Error(ErrorCode::kCorrupt, "holds no .npy and no .npz array", inputs.front().string());
  }
  if (found.groups.empty()) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("holds no array that is read; {}: {}", found.left_out.front().name,
                            found.left_out.front().reason),
                inputs.front().string());
  }
  return found;
}

bool holds_arrays(const fs::path& folder) {
  constexpr size_t kMostFolders = 100;
  const FolderCount here = count_files(folder);
  size_t arrays = here.arrays;
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code no_folder;
    if (!at->is_directory(no_folder)) continue;
    folders.push_back(at->path());
    if (!split_named(folders.back().filename().string()).empty())
      arrays += count_files(folders.back(), false).arrays;
  }
  if (arrays == 0 || here.images > arrays) return false;
  folders.resize(std::min(folders.size(), kMostFolders));
  return std::none_of(folders.begin(), folders.end(), [](const fs::path& inner) {
    const FolderCount inside = count_files(inner);
    return inside.images > 0 || inside.images_deeper;
  });
}

}  // namespace stoker
