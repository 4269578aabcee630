#include "formats/npy/array_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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

void add_npz(const fs::path& path, ArrayGroups& found) {
  NamedArrays opened = open_npz(path);
  ArrayGroup group;
  group.name = path.stem().string();
  group.split = split_named(group.name);
  group.arrays = std::move(opened.arrays);
  group.files = {path};
  found.groups.push_back(std::move(group));
  std::move(opened.notes.begin(), opened.notes.end(), std::back_inserter(found.notes));
}

// An array of elements that are not read is left out of a folder, as out of a .npz.
void add_npy(const fs::path& path, const std::string& prefix, bool alone, ArrayGroup& group,
             std::vector<SampleNote>& notes) {
  try {
    NamedArray named = open_npy(path, notes);
    named.name = prefix + named.name;
    group.arrays.push_back(std::move(named));
    group.files.push_back(path);
  } catch (const Error& error) {
    if (alone || error.code() != ErrorCode::kUnsupported) throw;
    notes.push_back({prefix + path.filename().string(), "left out: " + error.message(),
                     path.filename().string(), 0});
  }
}

void add_folder(const fs::path& folder, ArrayGroups& found) {
  ArrayGroup group;
  group.name = fs::absolute(folder / "").lexically_normal().parent_path().filename().string();
  std::vector<std::pair<fs::path, std::string>> places{{folder, ""}};
  for (const fs::path& inner : list_folders(folder)) {
    const std::string name = inner.filename().string();
    if (!split_named(name).empty()) places.emplace_back(inner, name + "/");
  }
  size_t arrays = 0;
  for (const auto& [place, prefix] : places) {
    for (const fs::path& path : list_files(place)) {
      if (has_ending(path, kNpz)) add_npz(path, found);
      if (!has_ending(path, kNpy)) continue;
      if (++arrays > kMostFiles) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("holds more than {} .npy files: expected one array a field with "
                                "all samples in it; a file a sample is not read",
                                kMostFiles),
                    folder.string());
      }
      add_npy(path, prefix, false, group, found.notes);
    }
  }
  if (!group.arrays.empty()) found.groups.push_back(std::move(group));
}

}  // namespace

ArrayGroups open_array_groups(const std::vector<fs::path>& inputs) {
  ArrayGroups found;
  ArrayGroup named_one_by_one;
  for (const fs::path& input : inputs) {
    if (fs::is_directory(input)) {
      add_folder(input, found);
      continue;
    }
    const RangeFile file(input);
    const Bytes front = file.read(0, std::min<uint64_t>(file.size(), 16));
    if (looks_like_zip(front)) {
      add_npz(input, found);
    } else {
      add_npy(input, "", true, named_one_by_one, found.notes);
    }
  }
  if (!named_one_by_one.arrays.empty()) found.groups.push_back(std::move(named_one_by_one));
  if (found.groups.empty()) {
    throw Error(ErrorCode::kCorrupt,
                found.notes.empty()
                    ? "holds no .npy and no .npz file"
                    : fmt::format("holds no array that is read; {}: {}", found.notes.front().name,
                                  found.notes.front().reason),
                inputs.front().string());
  }
  return found;
}

bool holds_arrays(const fs::path& folder) {
  const auto directly = [](const fs::path& place) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(place, error)) {
      const fs::path& path = entry.path();
      if (has_ending(path, kNpy) || has_ending(path, kNpz)) return entry.is_regular_file();
    }
    return false;
  };
  if (directly(folder)) return true;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory() && !split_named(entry.path().filename().string()).empty() &&
        directly(entry.path())) {
      return true;
    }
  }
  return false;
}

}  // namespace stoker
