// One shard of a plan at a time: packed from its sources, or found finished by an earlier run.
//
// Thread-safety: pack and find_finished may run on many threads at once, for different shards.
// Ownership: job, plan and progress must outlive the packer. Errors: those of PackJob::encode for
// the first bad sample (without --on-error skip), of the shard's file, InvalidArgument where a
// shard of another plan has this one's name.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/progress.h"
#include "libdata/shard/packing.h"
#include "libdata/shard/source_record.h"

namespace stoker {

struct FinishedShard {
  ShardSummary summary;
  std::vector<SampleNote> skipped;
  std::vector<SampleNote> normalized;
  std::map<int64_t, uint64_t> labels;  // class index -> samples
  bool kept = false;
  bool renewed = false;  // there was one of this name, which did not do
};

class ShardPacker {
 public:
  // `recorded`: the folder has a record of sources, made by a run before this one.
  ShardPacker(const PackJob& job, const PackPlan& plan, bool recorded, Progress* progress)
      : job_(job), plan_(plan), recorded_(recorded), progress_(*progress) {}

  FinishedShard pack(const PlannedShard& shard, size_t slots);
  // Nothing where there is none, or none that will do; `renewed` says which.
  std::optional<FinishedShard> find_finished(const PlannedShard& shard, bool* renewed) const;

 private:
  // One slot of the pipeline: what encode left for the writer.
  struct Slot {
    EncodedSample sample;
    SourceRow source;
    std::optional<Error> error;
  };

  void encode(uint64_t item, Slot* slot);
  void encode_values(uint64_t item, Slot* slot) const;
  void encode_alone(uint64_t item, Slot* slot);
  SourceRow row_of(uint64_t item) const;
  std::string why_stale(const PlannedShard& shard, std::vector<SourceRow>& rows) const;
  void unpublish();

  const PackJob& job_;
  const PackPlan& plan_;
  bool recorded_;
  Progress& progress_;
  std::mutex short_of_memory_;
  std::once_flag unpublished_;
};

}  // namespace stoker
