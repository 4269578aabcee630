// The records of one shard, checked one by one: their places, hashes and what they decode to.
// Internal to libdata/shard.
//
// Thread-safety: one thread; check_values uses many inside. Ownership: all that the constructor
// takes outlives the check.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libdata/shard/shard_faults.h"
#include "libdata/shard/shard_reader.h"
#include "libdata/shard/verification.h"

namespace stoker {

class ShardRecordCheck {
 public:
  ShardRecordCheck(const ShardReader& shard, const VerifyOptions& options, ShardFaults* faults)
      : shard_(shard), options_(options), faults_(*faults) {}

  // Where they lie, one behind the other, and that they match their hashes.
  void check_records();
  // After check_records: what VerifyOptions::check_blob says of those that are whole.
  void check_values();

 private:
  using Place = ShardFaults::Place;

  void add(FaultKind kind, const Place& place, const std::string& message,
           std::optional<uint64_t> offset);
  bool check_place(const BlobView& blob, const Place& place, const uint64_t* previous_end);
  bool check_record(const BlobView& blob, const Place& place);
  std::vector<Fault> inspect_value(const BlobView& blob, const Place& place) const;

  const ShardReader& shard_;
  const VerifyOptions& options_;
  ShardFaults& faults_;
  std::vector<bool> damaged_;  // samples that need no decoding to be known as bad
};

}  // namespace stoker
