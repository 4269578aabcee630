// One shard of a plan at a time: made from its sources, or found finished by an earlier run.
//
// Thread-safety: convert and find_finished may run on many threads at once, for different shards.
// Ownership: all that the constructor takes must outlive the converter. Errors: those of reading
// and transforming the first bad sample (without --on-error skip), of the output, InvalidArgument
// where a shard of another plan has this one's name.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/progress.h"
#include "libdata/sample/conversion.h"
#include "libdata/sample/source_record.h"

namespace stoker {

struct FinishedShard {
  ShardSummary summary;
  UnitNotes notes;
  std::map<int64_t, uint64_t> labels;  // class index -> samples
  bool kept = false;
  bool renewed = false;  // there was one of this name, which did not do
};

class UnitConverter {
 public:
  // `recorded`: the folder has a record of sources, made by a run before this one.
  UnitConverter(const Conversion& conversion, const ConvertOptions& options, const OutputRun& run,
                bool recorded, Progress* progress)
      : conversion_(conversion),
        options_(options),
        run_(run),
        recorded_(recorded),
        progress_(*progress) {}

  FinishedShard convert(const PlannedShard& shard, size_t slots);
  // Nothing where there is none, or none that will do; `renewed` says which.
  std::optional<FinishedShard> find_finished(const PlannedShard& shard, bool* renewed) const;

 private:
  // One slot of the pipeline: what was made for the writer.
  struct Slot {
    Sample sample;
    SourceRow source;
    std::optional<Error> error;
  };

  // Makes item `item` from first to last, or, where the source is read in order, the two halves.
  void make(uint64_t item, Slot* slot);
  void read_in_order(uint64_t item, Slot* slot) const;
  void make_of_read(uint64_t item, Slot* slot) const;

  void make_values(uint64_t item, Slot* slot) const;
  void make_alone(uint64_t item, Slot* slot);
  void hash_values(Sample& sample) const;
  Error short_of_memory() const;
  template <typename Work>
  void attempt(Slot* slot, Work work) const;
  void conclude(uint64_t item, Slot* slot) const;
  void store(const Slot& slot, SampleWriter& writer, FinishedShard& finished) const;
  SourceRow row_of(uint64_t item) const;
  uint64_t content_now(uint64_t item) const;
  std::string why_stale(const PlannedShard& shard, std::vector<SourceRow>& rows) const;
  std::string check_sources(const PlannedShard& shard, const Hash128& hash) const;
  void unpublish();

  const Conversion& conversion_;
  const ConvertOptions& options_;
  const OutputRun& run_;
  bool recorded_;
  Progress& progress_;
  std::mutex making_alone_;
  std::once_flag unpublished_;
};

}  // namespace stoker
