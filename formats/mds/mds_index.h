// index.json of an MDS folder: its shards, their columns, sizes and hashes.
//
// Thread-safety: pure functions. Errors: Corrupt for text that is no such index; Unsupported for
// other versions and formats of shards. Source: MosaicML Streaming, base/format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/mds/mds_encoding.h"

namespace stoker {

inline constexpr const char* kMdsIndexName = "index.json";

struct MdsFile {
  std::string basename;  // below the folder of the index
  uint64_t size_bytes = 0;
  std::map<std::string, std::string> hashes;  // "xxh64" -> hex digits
};

struct MdsShardEntry {
  std::vector<std::string> column_names;
  std::vector<std::string> column_encodings;
  std::vector<std::optional<uint64_t>> column_sizes;  // of columns of one size
  std::string compression;                            // "zstd:7"; empty: none
  MdsFile raw;
  std::optional<MdsFile> zip;  // compressed
  uint64_t samples = 0;
};

// Columns of all shards are the first's, names and encodings alike.
std::vector<MdsShardEntry> parse_mds_index(std::string_view text);

// Whether the front of a file is that of such an index.
bool looks_like_mds_index(std::string_view front);

}  // namespace stoker
