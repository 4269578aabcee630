// Memory of large tensors, kept when it is freed and given out again.
//
// A training step frees all of its activations and takes as much again a moment later. The C
// library returns such blocks to the system, which maps and zeroes them anew in every step: 450,000
// page faults and a quarter of the time of a ResNet-50 step at 224 pixels. Blocks of a pool stay
// mapped, in large pages where the system has them.
//
// Memory: the pool holds at most kMostKept times what was in use at once, at its highest; beyond
// that the blocks freed longest ago go back to the system.
// Thread-safety: all of it. Errors: std::bad_alloc where the system has no memory left, even after
// all that was kept has been returned to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <unordered_map>

namespace stoker {

class BlockPool {
 public:
  static constexpr size_t kPage = size_t{2} << 20;  // blocks are aligned to it, and multiples of it
  static constexpr double kMostKept = 1.5;

  BlockPool() = default;
  ~BlockPool();  // unmaps what was given back; blocks still in use stay
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // At least size_bytes (above 0), aligned to kPage; the contents are arbitrary.
  void* take(size_t size_bytes);
  // Whether `block` came from take: then it is free again. Anything else is left alone.
  bool give_back(void* block);

  size_t used_bytes() const;
  size_t kept_bytes() const;  // free, and still mapped

 private:
  struct FreeBlock {
    void* start = nullptr;
    uint64_t freed_at = 0;  // a running number
  };

  void* find_kept(size_t size_bytes);
  void* map(size_t size_bytes);
  void shrink_kept(size_t most_bytes);

  mutable std::mutex mutex_;
  std::unordered_map<void*, size_t> used_;  // size by start
  std::multimap<size_t, FreeBlock> kept_;   // by size
  uint64_t frees_ = 0;
  size_t used_bytes_ = 0;
  size_t most_used_bytes_ = 0;
  size_t kept_bytes_ = 0;
};

}  // namespace stoker
