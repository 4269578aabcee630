// Writes one shard: samples in order, then index, names, JSON and footer (shard_format.md).
//
// Thread-safety: one thread at a time. Ownership: spans passed to append are read during the call
// only. Nothing appears under the final name before finish() has returned; the destructor without
// finish() leaves no file. Errors: Io (disk full says so), InvalidArgument for values that do not
// fit the schema. Memory: the index in memory, about 60 bytes a sample and field.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/core/hash.h"
#include "libdata/sample/dataset_manifest.h"
#include "libdata/sample/sample.h"
#include "libdata/shard/shard_layout.h"

namespace stoker {

// What the JSON section says beside the schema.
struct ShardMeta {
  std::string split;                     // "train"
  std::vector<std::string> class_names;  // in index order
  std::vector<SampleNote> skipped;       // samples of this shard's plan that are not in it
  std::vector<SampleNote> normalized;    // samples stored, but changed on the way in
};

class ShardWriter {
 public:
  ShardWriter(const std::filesystem::path& path, const ShardHeader& header, const Schema& schema);
  ~ShardWriter();

  // One value a field, in schema order.
  void append(std::string_view name, std::span<const FieldValue> values);

  uint64_t sample_count() const;
  uint64_t size_bytes() const;  // written so far

  // Index, names, JSON, footer, fsync, rename. The writer is spent afterwards.
  ShardSummary finish(const ShardMeta& meta);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// "train-00003-of-00147.stk"
std::string shard_file_name(std::string_view split, uint32_t shard_index, uint32_t shard_count);

}  // namespace stoker
