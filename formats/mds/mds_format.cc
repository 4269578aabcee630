#include "formats/mds/mds_format.h"

#include <fmt/format.h>

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "formats/mds/mds_shard.h"
#include "formats/records/record_reader.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMostFolders = 16;

bool is_index(const fs::path& path) {
  try {
    return fs::is_regular_file(path) && looks_like_mds_index(as_text(look_at(path).front));
  } catch (const Error&) {
    return false;
  }
}

// The folder itself, or those in it, that have an index; none where it is no such folder.
std::vector<fs::path> mds_folders(const fs::path& folder) {
  if (is_index(folder / kMdsIndexName)) return {folder};
  std::vector<fs::path> found;
  const std::vector<fs::path> inner = list_folders(folder);
  if (inner.size() > kMostFolders) return {};
  for (const fs::path& each : inner)
    if (is_index(each / kMdsIndexName)) found.push_back(each);
  return found;
}

bool detect(const FirstLook& look) {
  if (!look.is_folder) return looks_like_mds_index(as_text(look.front));
  try {
    return !mds_folders(look.path).empty();
  } catch (const Error&) {
    return false;
  }
}

std::vector<MdsShardEntry> read_index(const fs::path& folder) {
  const fs::path path = folder / kMdsIndexName;
  try {
    return parse_mds_index(read_text_file(path));
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

struct Columns {
  std::vector<MdsEncoding> encodings;  // of all
  std::vector<size_t> read;            // positions
};

// One that is not read has to be passed over, by its size or by those in front of each sample.
Columns parse_columns(const MdsShardEntry& entry, RecordSet& set, bool first) {
  Columns columns;
  for (size_t c = 0; c < entry.column_names.size(); ++c) {
    const std::string& name = entry.column_names[c];
    try {
      columns.encodings.push_back(parse_mds_encoding(entry.column_encodings[c]));
      columns.read.push_back(c);
      if (first) set.columns.push_back(mds_column(name, columns.encodings.back()));
    } catch (const Error& error) {
      if (entry.column_sizes[c]) throw;
      columns.encodings.push_back({});
      if (first) set.notes.push_back({name, "left out: " + error.message(), {}, 0});
    }
    if (columns.encodings.back().size_bytes() == entry.column_sizes[c]) continue;
    throw Error(ErrorCode::kCorrupt, fmt::format("column '{}' has another size than its encoding "
                                                 "'{}'",
                                                 name, entry.column_encodings[c]));
  }
  return columns;
}

void add_folder(const fs::path& folder, const SourceRequest& request,
                const std::shared_ptr<UnpackedShard>& unpacked, RecordSet& set) {
  const std::vector<MdsShardEntry> entries = read_index(folder);
  if (entries.empty()) return;
  const bool first = set.columns.empty();
  RecordSet own;
  Columns columns;
  try {
    columns = parse_columns(entries.front(), own, true);
  } catch (const Error& error) {
    throw error.at((folder / kMdsIndexName).string());
  }
  if (!first && own.columns != set.columns) {
    throw Error(ErrorCode::kInvalidArgument,
                "has other columns than the folders before it: convert them one after the other",
                folder.string());
  }
  if (first) {
    set.columns = own.columns;
    set.notes = own.notes;
    set.beside = folder / kMdsIndexName;
  }
  const std::string split = split_of_part(folder, request.split);
  std::vector<std::shared_ptr<const RecordFile>> files(entries.size());
  std::vector<SampleNote> faults(entries.size());
  std::set<std::string> unchecked;
  std::mutex mutex;
  run_parallel(entries.size(), [&](uint64_t i) {
    std::vector<std::string> unknown;
    try {
      files[i] = std::make_shared<MdsShard>(folder, entries[i], columns.encodings, columns.read,
                                            unpacked, unknown);
    } catch (const Error& error) {
      if (!request.skip_damaged || error.code() != ErrorCode::kCorrupt) throw;
      faults[i] = {entries[i].raw.basename,
                   fmt::format("{} samples left out: {}", entries[i].samples, error.message()),
                   entries[i].raw.basename, 0};
    }
    const std::lock_guard lock(mutex);
    unchecked.insert(unknown.begin(), unknown.end());
  });
  for (size_t i = 0; i < entries.size(); ++i) {
    if (files[i]) set.parts.push_back({split, files[i]});
    if (!files[i]) set.notes.push_back(faults[i]);
  }
  for (const std::string& name : unchecked)
    set.notes.push_back({name, "hashes of this name are not checked", kMdsIndexName, 0});
}

std::unique_ptr<SourceReader> open_reader(const SourceRequest& request) {
  RecordSet set;
  const auto unpacked = make_unpacked_shard();
  for (const fs::path& input : request.inputs) {
    const fs::path folder = fs::is_directory(input) ? input : fs::absolute(input).parent_path();
    const std::vector<fs::path> folders = mds_folders(folder);
    if (folders.empty()) {
      throw Error(ErrorCode::kNotFound,
                  "expected index.json of MDS shards there, or in folders of splits",
                  input.string());
    }
    for (const fs::path& each : folders)
      add_folder(each, request, unpacked, set);
  }
  if (set.columns.empty()) {
    throw Error(ErrorCode::kUnsupported,
                set.notes.empty() ? "holds no sample" : set.notes.front().reason,
                request.inputs.front().string());
  }
  return std::make_unique<RecordReader>(std::move(set), request);
}

}  // namespace

const Format& mds_format() {
  static const Format format{"mds", "a folder of MDS shards", detect, open_reader, nullptr};
  return format;
}

}  // namespace stoker
