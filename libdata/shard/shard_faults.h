// What verification finds wrong with one shard, each fault with its place. Internal to
// libdata/shard.
//
// Thread-safety: const methods from many threads at once. Ownership: the task outlives the list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libdata/shard/shard_reader.h"
#include "libdata/shard/shard_verification.h"

namespace stoker {

class ShardFaults {
 public:
  struct Place {
    uint64_t sample;
    size_t field;
  };

  explicit ShardFaults(const ShardTask& task) : task_(task), file_(task.path.filename().string()) {}

  const std::string& file() const { return file_; }
  size_t count() const { return faults_.size(); }

  // A fault of the shard as such, and one of a sample's field.
  void add(FaultKind kind, const std::string& message, std::optional<uint64_t> offset = {});
  void add(Fault fault) { faults_.push_back(std::move(fault)); }
  Fault at(const ShardReader& shard, FaultKind kind, const Place& place, const std::string& message,
           std::optional<uint64_t> offset) const;
  // Bytes begin .. end of the file are padding `what`, which is 0.
  void check_gap(const ShardReader& shard, uint64_t begin, uint64_t end, const char* what);

  std::vector<Fault> take() { return std::move(faults_); }

 private:
  const ShardTask& task_;
  std::string file_;
  std::vector<Fault> faults_;
};

}  // namespace stoker
