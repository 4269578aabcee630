// The memory of one batch: from the user's BufferSource, or large pages where the system has them.
//
// Large pages take fewer faults, and copies into them are faster. Thread-safety: none needed, the
// object does not change. Ownership: owns the memory; a source must outlive it. Errors:
// std::bad_alloc; InvalidArgument where a source's memory is not aligned as it has to be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "libdata/loader/loader_options.h"

namespace stoker {

inline constexpr size_t kBatchAlignment = 64;  // bytes: a cache line, and what copies run best from

class BatchMemory {
 public:
  BatchMemory(const std::optional<BufferSource>& source, size_t size_bytes);
  ~BatchMemory();
  BatchMemory(const BatchMemory&) = delete;
  BatchMemory& operator=(const BatchMemory&) = delete;

  uint8_t* data() const { return memory_; }  // aligned to kBatchAlignment

 private:
  const BufferSource* source_;  // nullptr: our own pages
  size_t size_bytes_;
  uint8_t* memory_;
};

}  // namespace stoker
