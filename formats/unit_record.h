// What a foreign data set knows of one unit it was written in: kept beside the data, since the
// formats themselves have no place for it, so that a run can be continued and a finished data set
// be told from a torn one.
//
// OUTPUT/.stoker/UNIT.unit   JSON and a line with its hash
//
// Thread-safety: free functions. Errors: NotFound or Io from the system.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libdata/sample/sample_writer.h"

namespace stoker {

struct UnitFileEntry {
  std::string path;  // below the output folder
  uint64_t size_bytes = 0;
  Hash128 hash;
};

struct UnitRecord {
  uint64_t fingerprint = 0;  // of the plan
  ShardSummary summary;      // size and hash over all of its files
  std::vector<UnitFileEntry> files;
  UnitNotes notes;
  std::map<int64_t, uint64_t> labels;  // class index -> samples
};

std::filesystem::path unit_record_path(const std::filesystem::path& output,
                                       const std::string& unit);

void write_unit_record(const std::filesystem::path& output, const UnitRecord& record);
// Nothing where there is none, or a damaged one.
std::optional<UnitRecord> read_unit_record(const std::filesystem::path& output,
                                           const std::string& unit);
// Of every unit there is a record of, by name.
std::vector<UnitRecord> list_unit_records(const std::filesystem::path& output);

// Reads `path`, which lies in `output`, to its last byte.
UnitFileEntry describe_unit_file(const std::filesystem::path& output,
                                 const std::filesystem::path& path);
// Size and hash of one file, or over the sizes and hashes of several.
ShardSummary sum_up_files(const std::string& unit, uint64_t samples,
                          const std::vector<UnitFileEntry>& files);

}  // namespace stoker
