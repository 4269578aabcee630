#include "formats/hdf5/chunk_cache.h"

#include <algorithm>
#include <utility>

#include "libdata/core/error.h"

namespace stoker {

bool ChunkCache::has(uint64_t key) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  return found != entries_.end() && found->second.chunk;
}

SharedChunk ChunkCache::get(uint64_t key, uint64_t last, uint64_t ahead,
                            const std::function<Bytes(uint64_t)>& make) {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return make_here(lock, key, make);
    if (found->second.chunk) {
      by_use_.splice(by_use_.begin(), by_use_, found->second.place);
      return found->second.chunk;
    }
    if (!make_ahead(lock, key, last, ahead, make)) made_.wait(lock);
  }
}

SharedChunk ChunkCache::make_here(std::unique_lock<std::mutex>& lock, uint64_t key,
                                  const std::function<Bytes(uint64_t)>& make) {
  entries_.emplace(key, Entry{});
  lock.unlock();
  SharedChunk chunk;
  try {
    chunk = std::make_shared<const Bytes>(make(key));
  } catch (...) {
    lock.lock();
    entries_.erase(key);
    made_.notify_all();
    throw;
  }
  lock.lock();
  by_use_.push_front(key);
  entries_[key] = {chunk, by_use_.begin()};
  bytes_ += chunk->size();
  drop_oldest();
  made_.notify_all();
  return chunk;
}

// Whether there was one to make. Its faults are for whoever asks for it.
bool ChunkCache::make_ahead(std::unique_lock<std::mutex>& lock, uint64_t key, uint64_t last,
                            uint64_t ahead, const std::function<Bytes(uint64_t)>& make) {
  for (uint64_t next = key + 1; next <= last && next - key <= ahead; ++next) {
    if (entries_.contains(next)) continue;
    try {
      make_here(lock, next, make);
    } catch (const Error&) {
      return false;
    }
    return true;
  }
  return false;
}

// The newest stays, however large it is.
void ChunkCache::drop_oldest() {
  while (bytes_ > budget_bytes_ && by_use_.size() > 1) {
    const auto oldest = entries_.find(by_use_.back());
    bytes_ -= oldest->second.chunk->size();
    entries_.erase(oldest);
    by_use_.pop_back();
  }
}

}  // namespace stoker
