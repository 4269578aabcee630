// Where samples go, whatever its format: a folder of units (shards), each written by one writer and
// visible only when it is whole, and what completes them to a data set.
//
// The engine (conversion.h) decides what goes into which unit and in which order, and what is
// packed again; an output knows its files. Thread-safety: writers of different units are used on
// different threads at once, and so are file_name, make_writer, find and unpublish; a writer
// belongs to one thread at a time. Ownership: writers refer to their output.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libdata/sample/conversion_plan.h"
#include "libdata/sample/dataset_manifest.h"
#include "libdata/sample/sample.h"

namespace stoker {

// What an output is told about the samples of one unit that are not in it, or not as they came.
struct UnitNotes {
  std::vector<SampleNote> skipped;
  std::vector<SampleNote> normalized;
};

class SampleWriter {
 public:
  virtual ~SampleWriter() = default;  // without finish(): leaves no file

  // Spans are read during the call only. InvalidArgument for values that do not fit the schema.
  virtual void append(const Sample& sample) = 0;
  virtual uint64_t sample_count() const = 0;
  virtual uint64_t size_bytes() const = 0;  // written so far
  // Makes the unit visible at once and whole. The writer is spent afterwards.
  virtual ShardSummary finish(const UnitNotes& notes) = 0;
};

// A unit found under its name, read to the last byte.
struct FoundUnit {
  std::string fault;                    // why it cannot be kept; empty: it is whole
  std::optional<uint64_t> fingerprint;  // of its plan, where that could be read
  ShardSummary summary;
  UnitNotes notes;
  std::map<int64_t, uint64_t> labels;  // class index -> samples, where there are classes
};

// What every unit of a data set needs to know of the whole.
struct OutputRun {
  const PackPlan& plan;
  const Manifest& manifest;  // without splits and notes about samples
  const std::vector<std::string>& splits;
  std::optional<PackPart> part;
  bool resume = false;
  bool force = false;
};

// Forms that the value of a blob field can have.
struct TakenForms {
  bool image_files = true;  // whole JPEG, PNG ... files
  bool arrays = true;       // elements alone (Codec::kRaw)
  bool bricks = true;       // Codec::kBricks
};

class SampleOutput {
 public:
  virtual ~SampleOutput() = default;

  virtual const std::filesystem::path& folder() const = 0;
  // Name and version of the format as the fingerprint has them.
  virtual std::string plan_heading() const = 0;
  virtual std::string file_name(const std::string& split, uint32_t index, uint32_t count) const = 0;
  // InvalidArgument, before any work, where samples of this schema cannot be stored.
  virtual void refuse(const Schema& schema) const = 0;
  // Which forms of values it stores as they are; others are turned into these before.
  virtual TakenForms takes() const { return {}; }
  // Whether a split is one unit whatever its size, so that --shard-size says nothing.
  virtual bool one_unit_a_split() const { return false; }
  // On many threads at once, after the transforms and before a writer's append, which is serial:
  // values of samples of this schema become the bytes that are written (a compressed file, say), in
  // buffers of the sample. Errors are about that sample.
  virtual void encode(const Schema&, Sample&) const {}

  // Under the folder's lock, before the first unit: removes what `force` replaces and what killed
  // runs left half written. InvalidArgument where the folder holds a data set of another plan, or
  // one that neither resume nor force was given for.
  virtual void prepare(const OutputRun& run) = 0;
  // After a failure: whether anything finished is there.
  virtual bool holds_anything() const = 0;
  // What lists units must not stand beside them while they are replaced.
  virtual void unpublish(const OutputRun& run) = 0;
  virtual std::unique_ptr<SampleWriter> make_writer(const PlannedShard& unit,
                                                    const OutputRun& run) = 0;
  // Whether a unit of this name is there at all, whole or not.
  virtual bool has(const PlannedShard& unit) const;
  // Precondition: has(unit).
  virtual FoundUnit find(const PlannedShard& unit, const OutputRun& run) const = 0;
  // Last: makes the whole, or the part, a data set.
  virtual void complete(const Manifest& manifest, const OutputRun& run) = 0;
};

// For plan_pack, while `output` lives.
inline ShardNaming naming_of(const SampleOutput& output) {
  return [&output](const std::string& split, uint32_t index, uint32_t count) {
    return output.file_name(split, index, count);
  };
}

}  // namespace stoker
