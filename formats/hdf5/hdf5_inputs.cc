#include "formats/hdf5/hdf5_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>

#include "formats/hdf5/hdf5_columns.h"
#include "formats/split_names.h"
#include "libdata/core/error.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kSeparators = "_-. ";

std::vector<std::string> parts_of(const std::string& text, std::string_view separators) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find_first_of(separators, begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string split_of_relative(const fs::path& relative) {
  for (const fs::path& folder : relative.parent_path())
    if (std::string split = split_named(folder.string()); !split.empty()) return split;
  return split_word(relative.stem().string());
}

Hdf5InputFile describe(const fs::path& path, const fs::path& relative) {
  fs::path name = relative;
  name.replace_extension();
  return {path, name.generic_string(), split_of_relative(relative)};
}

void add_folder(const fs::path& folder, std::vector<Hdf5InputFile>& files) {
  std::vector<fs::path> found;
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, error);
  if (error) throw system_error("list", folder.string(), error.value());
  for (auto at = begin(entries); at != end(entries); at.increment(error)) {
    if (error) throw system_error("list", folder.string(), error.value());
    const bool hidden = at->path().filename().string().starts_with('.');
    if (hidden && at->is_directory()) at.disable_recursion_pending();
    if (!hidden && at->is_regular_file() && has_hdf5_ending(at->path()))
      found.push_back(at->path());
  }
  if (found.empty()) throw Error(ErrorCode::kCorrupt, "holds no HDF5 file", folder.string());
  std::sort(found.begin(), found.end());
  for (const fs::path& path : found)
    files.push_back(describe(path, path.lexically_relative(folder)));
}

}  // namespace

bool has_hdf5_ending(const fs::path& path) {
  constexpr std::array<std::string_view, 5> kEndings{".h5", ".hdf5", ".hdf", ".he5", ".mat"};
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

std::vector<Hdf5InputFile> find_hdf5_files(const std::vector<fs::path>& inputs) {
  std::vector<Hdf5InputFile> files;
  for (const fs::path& input : inputs) {
    if (fs::is_directory(input)) {
      add_folder(input, files);
    } else {
      files.push_back(describe(input, input.filename()));
    }
  }
  return files;
}

std::string split_word(const std::string& name) {
  std::set<std::string> splits;
  for (const std::string& word : words_of_name(name))
    if (const std::string split = split_named(word); !split.empty()) splits.insert(split);
  return splits.size() == 1 ? *splits.begin() : std::string();
}

std::string split_of_path(const std::string& path) {
  for (const std::string& part : parts_of(path, "/"))
    for (const std::string& piece : parts_of(part, kSeparators))
      if (std::string split = split_named(piece); !split.empty()) return split;
  return {};
}

std::string path_without_split(const std::string& path) {
  std::string left;
  for (const std::string& part : parts_of(path, "/")) {
    const std::vector<std::string> pieces = parts_of(part, kSeparators);
    std::vector<std::string> kept;
    for (const std::string& piece : pieces)
      if (split_named(piece).empty()) kept.push_back(piece);
    const std::string name =
        kept.size() == pieces.size() ? part : fmt::format("{}", fmt::join(kept, "_"));
    if (!name.empty()) left += (left.empty() ? "" : "/") + name;
  }
  return left.empty() ? "data" : left;
}

}  // namespace stoker
