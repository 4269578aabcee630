// From a list of items to the shards of a data set: the plan, and its execution.
//
// The plan says, from names, sizes, options and seed alone, which items go to which shard in which
// order. Shards are then independent units of work, so that any number of threads, a resumed run,
// or several machines (parts) give the same bytes. Thread-safety: run_pack runs `encode` on many
// threads at once; everything else is single-threaded.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/schema.h"
#include "libdata/shard/shard_writer.h"

namespace stoker {

struct PlannedItem {
  std::string name;              // sample name, unique in its split
  uint64_t estimated_bytes = 0;  // what it will take in a shard, as far as the listing can tell
  size_t split = 0;              // index into PlanOptions::splits
  uint64_t content_key = 0;      // goes into the fingerprint: source size, label ...
};

enum class PackOrder { kShuffled, kInput };

struct PlanOptions {
  std::vector<std::string> splits{"train"};
  uint64_t shard_bytes = uint64_t{1} << 30;  // target
  PackOrder order = PackOrder::kShuffled;    // within a split
  uint64_t seed = 0;
};

struct PlannedShard {
  size_t split = 0;
  uint32_t shard_index = 0;  // within the split
  uint32_t shard_count = 1;
  std::string file;             // base name
  std::vector<uint64_t> items;  // in stored order
};

struct PackPlan {
  uint64_t fingerprint = 0;
  std::vector<PlannedShard> shards;
  std::string options_text;  // all that enters the fingerprint beside the items
  // What the cut and the fingerprint were made by: estimated_bytes and content_key of each item.
  std::vector<std::pair<uint64_t, uint64_t>> sizes_and_keys;
};

// Splits without items get no shard. `options_that_shape_bytes` and the schema enter the
// fingerprint.
PackPlan plan_pack(const std::vector<PlannedItem>& items, const PlanOptions& options,
                   const Schema& schema,
                   const std::map<std::string, std::string>& options_that_shape_bytes);

// The same from the options_text of another plan.
PackPlan plan_pack(const std::vector<PlannedItem>& items, const PlanOptions& options,
                   const std::string& options_text);

// One encoded sample. Objects are reused from sample to sample: keep buffers, overwrite values.
struct EncodedSample {
  std::vector<FieldValue> values;  // one a field of the schema
  std::vector<Bytes> buffers;      // storage the values may point into; for the encoder's use
  std::string normalized;          // why the sample was changed on the way in; empty: it was not
  std::string source_file;         // for notes: base name of the file it came from
  uint64_t source_offset_bytes = 0;
  // A hash of the bytes it came from, where the encoder has one: the same that hash_source gives.
  uint64_t source_hash = 0;

  void clear();  // empties everything but the buffers' memory
};

// K of N, from 1/N to N/N: shards whose running number leaves K-1 modulo N.
struct PackPart {
  uint32_t index = 1;
  uint32_t count = 1;
};
PackPart parse_pack_part(const std::string& text);  // "2/8"; InvalidArgument otherwise

struct PackOptions {
  std::filesystem::path output;
  bool skip_bad_samples = false;  // --on-error skip
  bool resume = false;
  bool check_sources = false;  // with resume: compare the bytes of sources, not size and time only
  bool force = false;
  bool quiet = false;
  std::optional<PackPart> part;
  uint64_t alignment_bytes = 64;
  // Samples being encoded or waiting to be written, over all shards: bounds the memory. 0: four a
  // thread.
  size_t samples_in_flight = 0;
  std::string unit = "img";  // what the progress line counts
};

struct PackJob {
  PackPlan plan;
  std::vector<PlannedItem> items;
  PlanOptions plan_options;
  PackOptions options;
  // Tool, options, schema, class names, sources, notes; run_pack fills in the rest.
  Manifest manifest;
  // Encodes items[item] into `sample`. Whatever it throws is about this sample (stop or skip), but
  // for Internal and for a process that has run out of memory or descriptors: those end the run.
  std::function<void(uint64_t item, EncodedSample& sample)> encode;
  // The paths the user named; a file at fault is recorded relative to them.
  std::vector<std::filesystem::path> inputs;
  // Optional: the files that an item's bytes come from. With it, --resume sees sources that have
  // changed.
  std::function<std::vector<std::filesystem::path>(uint64_t item)> source_files;
  // Optional: a hash of the bytes an item comes from; without it, of the whole of its files.
  std::function<uint64_t(uint64_t item)> hash_source;
  // Optional: start reading item's source bytes ahead, and return at once.
  std::function<void(uint64_t item)> prefetch;
};

struct PackReport {
  Manifest manifest;  // of this run: the whole data set, or one part
  uint64_t samples = 0;
  uint64_t bytes = 0;           // written by this run
  uint64_t shards_kept = 0;     // found finished, by --resume
  uint64_t shards_renewed = 0;  // found, but damaged or of sources that have changed since
  double seconds = 0;
};

// Writes the shards, then dataset.json (or part-K-of-N.json). InvalidArgument where the folder
// already holds a data set and neither resume nor force is given, or holds shards of another plan.
// Corrupt where no sample is left. The folder is locked meanwhile. With resume (and by parts) the
// cut into shards of an earlier run is kept where only sizes, labels or bytes of items have
// changed; shards that hold such an item are packed again, the others stay.
PackReport run_pack(const PackJob& job);

enum class MergeMode { kWrite, kDryRun };

// Joins finished parts into one data set: reads every part-*.json in `output` and in
// `part_folders`, links or copies shards that lie elsewhere into `output`, writes dataset.json and
// removes the part-*.json of `output`. Merging again gives the same. A dry run checks all of it and
// writes nothing. InvalidArgument where a part is missing or belongs to another plan; Corrupt where
// no sample is left.
Manifest merge_parts(const std::filesystem::path& output,
                     const std::vector<std::filesystem::path>& part_folders,
                     MergeMode mode = MergeMode::kWrite);

}  // namespace stoker
