#include "formats/lmdb/lmdb_format.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "formats/image_names.h"
#include "formats/lmdb/lmdb_set.h"
#include "formats/records/record_reader.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr const char* kDataName = "data.mdb";

// One a file, where it was made without a folder of its own.
bool is_named_lmdb(const fs::path& path) {
  return to_lower(path.extension().string()) == ".lmdb";
}

// A folder of one, of several files, or of several folders.
std::vector<fs::path> lmdb_files(const fs::path& folder) {
  if (fs::is_regular_file(folder / kDataName)) return {folder / kDataName};
  std::vector<fs::path> found;
  for (const fs::path& file : list_files(folder))
    if (is_named_lmdb(file)) found.push_back(file);
  for (const fs::path& inner : list_folders(folder))
    if (fs::is_regular_file(inner / kDataName)) found.push_back(inner / kDataName);
  return found;
}

bool detect(const FirstLook& look) {
  if (!look.is_folder) return looks_like_lmdb(look.front) || look.path.filename() == kDataName;
  try {
    return !lmdb_files(look.path).empty();
  } catch (const Error&) {
    return false;
  }
}

// What a user calls the set.
fs::path named_path(const fs::path& file) {
  return file.filename() == kDataName ? fs::absolute(file).parent_path() : file;
}

void add_file(const fs::path& path, const SourceRequest& request, RecordSet& set) {
  std::vector<LmdbPart> parts;
  try {
    parts = open_lmdb(path);
  } catch (const Error& error) {
    return leave_out_damaged(error, named_path(path).filename().string(), request, set);
  }
  for (LmdbPart& part : parts) {
    if (set.parts.empty()) {
      set.columns = part.set->columns();
      set.beside = path;
    } else if (part.set->columns() != set.columns) {
      throw Error(ErrorCode::kInvalidArgument,
                  "holds other columns than what was read before it: convert them one after the "
                  "other",
                  path.string());
    }
    set.notes.insert(set.notes.end(), part.set->notes().begin(), part.set->notes().end());
    const std::string split =
        part.split.empty() ? split_of_part(named_path(path), request.split) : part.split;
    set.parts.push_back({split, std::move(part.set)});
  }
}

std::unique_ptr<SourceReader> open_reader(const SourceRequest& request) {
  RecordSet set;
  for (const fs::path& input : request.inputs) {
    const std::vector<fs::path> files =
        fs::is_directory(input) ? lmdb_files(input) : std::vector<fs::path>{input};
    if (files.empty()) {
      throw Error(ErrorCode::kNotFound, "expected data.mdb there, or files called .lmdb",
                  input.string());
    }
    for (const fs::path& file : files)
      add_file(file, request, set);
  }
  check_any_part(set, request);
  return std::make_unique<RecordReader>(std::move(set), request);
}

}  // namespace

const Format& lmdb_format() {
  static const Format format{"lmdb", "an LMDB file, or a folder of them", detect, open_reader,
                             nullptr};
  return format;
}

}  // namespace stoker
