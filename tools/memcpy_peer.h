// What memcpy does on as many threads, in the loaders' own kind of memory and past the caches: the
// limit that benchmarks of loaders are held against. Run in turns with what is measured, so that
// both see the same machine.
//
// Thread-safety: one thread calls. Units: bytes a second. Errors: std::bad_alloc.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "libdata/loader/batch_memory.h"

namespace stoker {

class MemcpyPeer {
 public:
  explicit MemcpyPeer(int threads);

  void run_round();
  double median_bytes_per_second() const;  // of the rounds; 0 before the first
  size_t memory_bytes() const;

 private:
  std::vector<std::unique_ptr<BatchMemory>> buffers_;  // targets, then sources
  std::vector<double> rates_;
};

}  // namespace stoker
