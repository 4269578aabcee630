// What a shard was made of: kept beside it, so that --resume can tell a source that has
// changed since from one that has not, whatever the format of the shard. Internal to libdata.
//
// OUTPUT/.stoker/plan            the sizes that the cut into shards was made by
// OUTPUT/.stoker/SHARD.sources   one row an item of the shard, skipped ones too
//
// Not in the shards, whose bytes are a function of the sources' bytes alone. Losing the folder
// loses nothing but this knowledge. Little-endian u64 throughout, with a hash at the end; a file
// that is damaged, or of another shard, counts as not there.
//
// Thread-safety: free functions. Errors: NotFound or Io from writing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libdata/core/hash.h"
#include "libdata/sample/conversion.h"

namespace stoker {

inline constexpr const char* kRecordFolder = ".stoker";

// Of one item, as it was just before it was packed.
struct SourceRow {
  uint64_t key = 0;      // of what the listing said: PlannedItem::content_key
  uint64_t stamp = 0;    // of its files' sizes and times; 0: not there
  uint64_t content = 0;  // of its bytes; 0: could not be read
  bool operator==(const SourceRow&) const = default;
};

// Size, modification time and whether it may be read, of each file.
uint64_t stamp_files(const std::vector<std::filesystem::path>& files);
// All bytes of all files. NotFound, Io.
uint64_t hash_files(const std::vector<std::filesystem::path>& files);

// `shard` is the shard's hash: a record written for other bytes does not count.
void write_source_rows(const std::filesystem::path& output, const std::string& shard_file,
                       const Hash128& shard, const std::vector<SourceRow>& rows);
std::optional<std::vector<SourceRow>> read_source_rows(const std::filesystem::path& output,
                                                       const std::string& shard_file,
                                                       const Hash128& shard, size_t count);

// Also when several parts begin at once in one folder: they write the same.
void write_plan_record(const std::filesystem::path& output, const PackPlan& plan,
                       const std::vector<PlannedItem>& items);
// Whether the folder has a record of some plan.
bool has_plan_record(const std::filesystem::path& output);
// The plan that the output's folder was begun with, where it differs from the conversion's by the
// sizes and labels of items only: its cut is kept, so that a corrected source changes one shard.
// Otherwise the conversion's own.
PackPlan continued_plan(const Conversion& conversion);

// Copies what one folder knows of a shard to another.
void bring_record(const std::filesystem::path& from, const std::filesystem::path& to,
                  const std::string& file);
void remove_records(const std::filesystem::path& output);

}  // namespace stoker
