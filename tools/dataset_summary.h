// What a packed data set holds, in numbers: counts, sizes, classes, where it came from.
//
// Thread-safety: plain functions; summarize works on all threads. Reads indexes only, no records.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "libdata/shard/packed_dataset.h"

namespace stoker {

struct Range {
  uint64_t least = UINT64_MAX;
  uint64_t most = 0;
  double sum = 0;
  uint64_t count = 0;
  void add(uint64_t value);
  double mean() const { return count > 0 ? sum / static_cast<double>(count) : 0; }
};

struct BlobSummary {
  std::string field;
  uint64_t stored_bytes = 0;
  Range bytes;                             // of a value
  std::array<Range, kMaxRank> extents;     // one an axis
  std::map<std::string, uint64_t> codecs;  // name -> samples
  std::map<std::string, uint64_t> flags;   // likewise; a sample may have several
};

struct SplitSummary {
  std::string name;
  uint64_t samples = 0;
  uint64_t shards = 0;
  uint64_t file_bytes = 0;
  std::vector<BlobSummary> blobs;
  std::vector<uint64_t> class_counts;  // one a class; empty where there is no scalar field "label"
  uint64_t unlabelled = 0;
};

SplitSummary summarize(const PackedDataset& dataset, const PackedSplit& split);

std::vector<std::string> flag_names(uint16_t flags);  // "resized", "cmyk" ...

// Name of the sample's class; empty where it has none.
std::string class_of(const PackedDataset& dataset, const PackedSplit& split, uint64_t sample_id);

}  // namespace stoker
