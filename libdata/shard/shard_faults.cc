#include "libdata/shard/shard_faults.h"

#include <fmt/format.h>

namespace stoker {

void ShardFaults::add(FaultKind kind, const std::string& message, std::optional<uint64_t> offset) {
  Fault fault;
  fault.kind = kind;
  fault.file = file_;
  fault.split = task_.split;
  fault.offset_bytes = offset;
  fault.message = message;
  faults_.push_back(std::move(fault));
}

Fault ShardFaults::at(const ShardReader& shard, FaultKind kind, const Place& place,
                      const std::string& message, std::optional<uint64_t> offset) const {
  Fault fault;
  fault.kind = kind;
  fault.file = file_;
  fault.split = task_.split;
  fault.sample = place.sample;
  if (task_.expected != nullptr) fault.sample_id = task_.first_sample_id + place.sample;
  fault.sample_name = shard.name(place.sample);
  fault.field = shard.schema().fields[place.field].name;
  fault.offset_bytes = offset;
  fault.message = message;
  return fault;
}

void ShardFaults::check_gap(const ShardReader& shard, uint64_t begin, uint64_t end,
                            const char* what) {
  const ByteSpan bytes = shard.file_bytes();
  for (uint64_t i = begin; i < end; ++i) {
    if (bytes[i] == 0) continue;
    add(FaultKind::kPadding, fmt::format("padding {} is not 0", what), i);
    return;
  }
}

}  // namespace stoker
