// Unpacked chunks, kept while there is room, so that the samples of one chunk unpack it once.
//
// Thread-safety: any number of threads; a chunk is made by one of them while others that want it
// wait. Ownership: chunks are shared, and live on in whoever holds one when the cache drops it.
// Memory: `budget_bytes`, and beyond it at most one chunk a thread that is at work.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "libdata/core/arrays.h"

namespace stoker {

using SharedChunk = std::shared_ptr<const Bytes>;

class ChunkCache {
 public:
  explicit ChunkCache(uint64_t budget_bytes) : budget_bytes_(budget_bytes) {}

  uint64_t budget_bytes() const { return budget_bytes_; }
  bool has(uint64_t key);  // made, and not dropped

  // The chunk `key`, made by `make` where it is not there. A thread that would have to wait for
  // another one makes one of the `ahead` chunks after it meanwhile (keys up to `last`), since what
  // is read in order needs them next. What `make` throws, its caller gets; others try themselves.
  SharedChunk get(uint64_t key, uint64_t last, uint64_t ahead,
                  const std::function<Bytes(uint64_t key)>& make);

 private:
  struct Entry {
    SharedChunk chunk;  // null: being made
    std::list<uint64_t>::iterator place;
  };

  SharedChunk make_here(std::unique_lock<std::mutex>& lock, uint64_t key,
                        const std::function<Bytes(uint64_t key)>& make);
  bool make_ahead(std::unique_lock<std::mutex>& lock, uint64_t key, uint64_t last, uint64_t ahead,
                  const std::function<Bytes(uint64_t key)>& make);
  void drop_oldest();

  const uint64_t budget_bytes_;
  std::mutex mutex_;
  std::condition_variable made_;
  std::unordered_map<uint64_t, Entry> entries_;
  std::list<uint64_t> by_use_;  // finished ones, the last used in front
  uint64_t bytes_ = 0;
};

}  // namespace stoker
