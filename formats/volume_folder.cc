#include "formats/volume_folder.h"

#include <algorithm>
#include <cctype>

#include "formats/left_out_names.h"
#include "formats/slice_series.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

uint64_t size_on_disk(const fs::path& path) {
  std::error_code error;  // a link to nothing has none
  const uint64_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// "train_images/12": the folder's own name and what is in it.
std::string place_of(const fs::path& path) {
  return (path.parent_path().filename() / path.filename()).string();
}

// One note for all of them: a copy from another system has a hidden file beside every true one.
void note_left_out(const fs::path& folder, const std::vector<std::string>& names,
                   VolumeFolder& result) {
  if (names.empty()) return;
  const std::string count = std::to_string(names.size());
  result.notes.push_back({folder.filename().string(),
                          "left out hidden and system files: " + count + ", such as " + names[0],
                          place_of(folder), 0});
}

}  // namespace

VolumeFolder list_volume_files(const fs::path& folder) {
  VolumeFolder result;
  const auto add = [&](const std::string& id, const fs::path& path, uint64_t size_bytes) {
    if (!result.volumes.emplace(id, StoredVolume{path, size_bytes}).second) {
      throw Error(ErrorCode::kCorrupt,
                  "a volume is there twice: " + result.volumes[id].path.filename().string() +
                      " and " + path.filename().string(),
                  folder.string());
    }
  };
  const SliceSeries files = list_slices(folder);
  std::vector<std::string> left_out = files.left_out;
  for (const fs::path& path : files.files)
    add(path.stem().string(), path, size_on_disk(path));
  for (const fs::path& path : list_folders(folder)) {
    const std::string name = path.filename().string();
    if (is_left_lying_about(name)) {
      left_out.push_back(name);
      continue;
    }
    const SliceSeries series = list_slices(path);
    uint64_t size_bytes = 0;
    for (const fs::path& file : series.files)
      size_bytes += size_on_disk(file);
    if (!series.files.empty()) {
      add(name, path, size_bytes);
      note_left_out(path, series.left_out, result);
    } else if (series.others > 0) {
      result.notes.push_back({name,
                              "its folder holds no TIFF, but " + std::to_string(series.others) +
                                  " other files, such as " + series.an_other +
                                  "; volumes are read from TIFF",
                              place_of(path), 0});
    }
  }
  note_left_out(folder, left_out, result);
  return result;
}

fs::path find_folder(const fs::path& root, const std::vector<std::string>& names) {
  const std::vector<fs::path> folders = list_folders(root);
  for (const std::string& name : names) {
    const auto found = std::find_if(folders.begin(), folders.end(), [&](const fs::path& folder) {
      return lower(folder.filename().string()) == lower(name);
    });
    if (found != folders.end()) return *found;
  }
  return {};
}

}  // namespace stoker
