#include "formats/arrow/saved_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "formats/arrow/hub_folder.h"
#include "formats/image_names.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr const char* kState = "state.json";
constexpr const char* kDictionary = "dataset_dict.json";
constexpr const char* kInfo = "dataset_info.json";

void read_json_file(const fs::path& path, const std::function<void(const Json&)>& read) {
  try {
    read_json(read_text_file(path), "datasets' JSON", read);
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

// A name of a file or folder in this one; nothing leads out of it.
fs::path inside(const fs::path& folder, const std::string& name) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != name.npos) {
    throw Error(ErrorCode::kCorrupt, fmt::format("'{}' is no name in this folder", name));
  }
  return folder / name;
}

std::vector<fs::path> arrow_files(const fs::path& folder) {
  std::vector<fs::path> files = list_files(folder);
  std::erase_if(files, [](const fs::path& file) {
    return to_lower(file.extension().string()) != ".arrow" ||
           file.filename().string().starts_with('.');
  });
  return files;
}

// By map, filter and the like of datasets, beside the files of a set.
bool is_computed(const fs::path& file) {
  return file.filename().string().starts_with("cache-");
}

struct State {
  std::vector<std::string> files;
  std::string split;
  std::string selection;  // the member that says one
};

State read_state(const fs::path& path) {
  State state;
  read_json_file(path, [&](const Json& json) {
    for (const char* key : {"_indices_files", "_indices_data_files"}) {
      if (json.contains(key) && !json.at(key).is_null() && !json.at(key).empty())
        state.selection = key;
    }
    if (json.contains("_split") && json.at("_split").is_string())
      state.split = split_of_hub_split(json.at("_split").get<std::string>());
    for (const Json& file : json.at("_data_files"))
      state.files.push_back(file.at("filename").get<std::string>());
  });
  return state;
}

void leave_out(const fs::path& file, const char* why, SavedFiles& found) {
  const std::string name = file.filename().string();
  found.notes.push_back({name, std::string("left out: ") + why, name, 0});
}

// The list of state.json against the folder: what it names, what its names call for, what lies
// beside them.
void hold_against(const fs::path& folder, const std::vector<fs::path>& named, SavedFiles& found) {
  for (const fs::path& file : named) {
    if (fs::is_regular_file(file)) continue;
    found.missing.push_back({file, fmt::format("{} names it", kState)});
  }
  for (MissingShard& each : missing_shards(named, named)) {
    each.why = fmt::format("{} does not name it, and the names that it has call for it", kState);
    found.missing.push_back(std::move(each));
  }
  for (const fs::path& file : arrow_files(folder)) {
    if (std::find(named.begin(), named.end(), file) == named.end() && !is_computed(file))
      leave_out(file, "state.json does not name it", found);
  }
}

void add_saved_folder(const fs::path& folder, const std::string& split, SavedFiles& found) {
  const std::string path = (folder / kState).string();
  const State state = read_state(path);
  if (!state.selection.empty()) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("holds a selection of its rows ({}): save what is selected alone, with "
                            "flatten_indices() and save_to_disk()",
                            state.selection),
                path);
  }
  std::vector<fs::path> named;
  for (const std::string& name : state.files) {
    named.push_back(inside(folder, name));
    if (fs::is_regular_file(named.back()))
      found.shards.push_back({named.back(), split.empty() ? state.split : split});
  }
  hold_against(folder, named, found);
}

void add_plain_folder(const fs::path& folder, SavedFiles& found) {
  std::vector<fs::path> taken = arrow_files(folder);
  if (!std::all_of(taken.begin(), taken.end(), is_computed)) {
    for (const fs::path& file : taken) {
      if (is_computed(file)) leave_out(file, "datasets computed it from the others", found);
    }
    std::erase_if(taken, is_computed);
  }
  for (const fs::path& file : taken)
    found.shards.push_back({file, split_of_hub_name(file)});
  found.missing = missing_shards(taken, taken);
}

}  // namespace

bool looks_like_arrow(ByteSpan front) {
  constexpr size_t kPrefixBytes = 8;
  const std::string_view text = as_text(front);
  if (text.starts_with("ARROW1")) return true;
  if (front.size() <= kPrefixBytes || !text.starts_with("\xff\xff\xff\xff")) return false;
  const auto size = load_le<int32_t>(front.data() + 4);
  return size > 0 && size % 8 == 0;
}

bool holds_saved_dataset(const fs::path& folder) {
  if (fs::is_regular_file(folder / kDictionary)) return true;
  const std::vector<fs::path> files = arrow_files(folder);
  if (files.empty()) {
    return fs::is_regular_file(folder / kState) && fs::is_regular_file(folder / kInfo);
  }
  return looks_like_arrow(look_at(files.front()).front);
}

SavedFiles find_saved_files(const fs::path& folder) {
  SavedFiles found;
  if (fs::is_regular_file(folder / kDictionary)) {
    std::vector<std::string> splits;
    read_json_file(folder / kDictionary, [&](const Json& json) {
      splits = json.at("splits").get<std::vector<std::string>>();
    });
    for (const std::string& split : splits)
      add_saved_folder(inside(folder, split), split_of_hub_split(split), found);
  } else if (fs::is_regular_file(folder / kState)) {
    add_saved_folder(folder, {}, found);
  } else {
    add_plain_folder(folder, found);
  }
  if (!found.shards.empty() || !found.missing.empty()) return found;
  throw Error(ErrorCode::kInvalidArgument, "holds no Arrow files", folder.string());
}

std::string saved_features(const fs::path& file) {
  const fs::path path = file.parent_path() / kInfo;
  return fs::is_regular_file(path) ? read_text_file(path) : std::string();
}

}  // namespace stoker
