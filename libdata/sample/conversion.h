// From a source to a data set: a reader, transforms and an output, put together and run.
//
// Determinism over threads, parts, resumed runs, samples left out and notes are had here, once for
// all formats. Thread-safety: convert reads, transforms and writes on many threads; everything else
// is single-threaded. Ownership: reader, transforms and output outlive the conversion.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libdata/sample/conversion_plan.h"
#include "libdata/sample/dataset_manifest.h"
#include "libdata/sample/sample_transform.h"
#include "libdata/sample/sample_writer.h"
#include "libdata/sample/source_reader.h"

namespace stoker {

// What the program says beside what reader, transforms and output say of themselves.
struct ConversionNames {
  std::string tool;  // "pack-imagenet"
  std::string tool_version;
  std::map<std::string, std::string> options;  // that shape the bytes
};

// A conversion that could be run: everything that follows without reading a sample.
class Conversion {
 public:
  // `plan.splits` are the reader's, or names to give them instead, one each. InvalidArgument where
  // the parts do not go together.
  Conversion(const SourceReader& reader, std::vector<const SampleTransform*> transforms,
             SampleOutput& output, const ConversionNames& names, PlanOptions plan);

  const SourceReader& reader() const { return reader_; }
  SampleOutput& output() const { return output_; }
  const std::vector<PlannedItem>& items() const { return items_; }  // as they will be stored
  const PlanOptions& plan_options() const { return plan_options_; }
  const PackPlan& plan() const { return plan_; }
  // Tool, options, schema, class names, sources, notes.
  const Manifest& manifest() const { return manifest_; }

  // Reads, transforms and encodes items()[item]; what it held before is lost.
  void make_sample(uint64_t item, Sample& sample) const;

 private:
  const SourceReader& reader_;
  std::vector<const SampleTransform*> transforms_;
  SampleOutput& output_;
  std::vector<PlannedItem> items_;
  PlanOptions plan_options_;
  Manifest manifest_;
  PackPlan plan_;
};

struct ConvertOptions {
  bool skip_bad_samples = false;  // --on-error skip
  bool resume = false;
  bool check_sources = false;  // with resume: compare the bytes of sources, not size and time only
  bool force = false;
  bool quiet = false;
  std::optional<PackPart> part;
  // Samples in memory or waiting to be written, over all shards. 0: four a thread.
  size_t samples_in_flight = 0;
  std::string unit = "img";  // what the progress line counts
  // The paths the user named; a file at fault is recorded relative to them.
  std::vector<std::filesystem::path> inputs;
};

struct PackReport {
  Manifest manifest;  // of this run: the whole data set, or one part
  uint64_t samples = 0;
  uint64_t bytes = 0;           // written by this run
  uint64_t shards_kept = 0;     // found finished, by resume
  uint64_t shards_renewed = 0;  // found, but damaged or of sources that have changed since
  double seconds = 0;
};

// Writes the shards, then what completes them. Whatever reading or transforming a sample throws is
// about that sample (stop or skip), but for Internal and for a process that has run out of memory
// or descriptors: those end the run. Other errors: those of the output; Corrupt where no sample is
// left. The folder is locked meanwhile. With resume (and by parts) the cut into shards of an
// earlier run is kept where only sizes, labels or bytes of items have changed; shards that hold
// such an item are packed again, the others stay.
PackReport convert(const Conversion& conversion, const ConvertOptions& options);

}  // namespace stoker
