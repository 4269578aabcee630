// What Python holds of a packed data set: one split, of one folder or of several joined.
//
// Thread-safety: const once opened, any number of threads. Ownership: owns the mappings; arrays
// made of it hold the Python object that holds it. Fork: the child goes on with the mappings, and
// opens others; no thread is started here, nor is one of others waited for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/hash.h"
#include "libdata/shard/joined_split.h"

namespace stoker {

struct OpenDataset {
  JoinedSplit data;
  std::map<std::string, uint64_t> split_sizes;  // samples, of all splits that the folders have
  std::vector<std::filesystem::path> folders;
  HashCheck check_hashes;

  const PackedSplit& split() const { return data.split; }
  const Schema& schema() const { return data.schema; }
};

// `split`: as PackedDataset::split has it. `hold_index`: as PackedSplit has it. Errors: those of
// PackedDataset and join_splits; InvalidArgument without a folder.
OpenDataset open_dataset(const std::vector<std::filesystem::path>& folders,
                         const std::string& split, HashCheck check_hashes, bool hold_index = false);

// The record's bytes, held against their hash where the data set is asked to: of what is decoded,
// or of all. Corrupt, with shard and offset.
BlobView checked_blob(const OpenDataset& dataset, uint64_t sample_id, size_t field);

// `error` of a value whose offsets count from its first byte, placed in its shard.
Error placed_in_shard(const OpenDataset& dataset, uint64_t sample_id, const BlobView& blob,
                      const Error& error);

}  // namespace stoker
