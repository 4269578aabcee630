// Names of shards that say how many there are, as the Hub and save_to_disk give them:
// train-00000-of-00002.parquet, train-00000-of-00002-0a1b2c3d.parquet, data-00001-of-00004.arrow.
//
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "formats/format.h"
#include "libdata/core/error.h"

namespace stoker {

struct ShardNumber {
  std::string front;  // "train"
  uint64_t index = 0;
  uint64_t count = 0;
  size_t digits = 0;      // of the index
  bool has_more = false;  // behind the count, which differs from shard to shard
};
// Nothing for names that say no number.
std::optional<ShardNumber> shard_number(const std::filesystem::path& file);

struct MissingShard {
  std::filesystem::path path;  // with a '*' for what of the name nobody says
  std::string why;             // "README.md names it"
};

// The first few shards that the names of others call for. Only shards called as those of `meant`
// are asked for; `present` are all that there are. Counted from 0, or from 1 where there is a shard
// whose index is the count.
std::vector<MissingShard> missing_shards(const std::vector<std::filesystem::path>& meant,
                                         const std::vector<std::filesystem::path>& present);

// Corrupt, with the first path, where some are missing; notes where the request skips damage.
void refuse_missing(const std::vector<MissingShard>& missing, const SourceRequest& request,
                    std::vector<SampleNote>& notes);

}  // namespace stoker
