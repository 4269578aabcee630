#include "trainer/tensors/block_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace stoker {
namespace {

// A kept block serves a request that fills at least this share of it.
constexpr double kLeastFilled = 0.8;

size_t round_up(size_t size_bytes) {
  return (size_bytes + BlockPool::kPage - 1) / BlockPool::kPage * BlockPool::kPage;
}

// A multiple of the page, aligned to it; nullptr where there is no memory.
void* map_aligned(size_t size_bytes) {
  const size_t whole = size_bytes + BlockPool::kPage;
  void* const mapped =
      ::mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  const auto begin = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t start = round_up(begin);
  const size_t before = start - begin;
  if (before > 0) ::munmap(mapped, before);
  ::munmap(reinterpret_cast<void*>(start + size_bytes), BlockPool::kPage - before);
  auto* const block = reinterpret_cast<void*>(start);
  // Where large pages are off or unknown to the system, small ones do.
  ::madvise(block, size_bytes, MADV_HUGEPAGE);
  return block;
}

}  // namespace

BlockPool::~BlockPool() {
  shrink_kept(0);
}

void* BlockPool::take(size_t size_bytes) {
  const size_t size = round_up(size_bytes);
  const std::lock_guard lock(mutex_);
  void* block = find_kept(size);
  if (block == nullptr) block = map(size);
  used_bytes_ += used_.at(block);
  most_used_bytes_ = std::max(most_used_bytes_, used_bytes_);
  return block;
}

void* BlockPool::find_kept(size_t size_bytes) {
  const auto found = kept_.lower_bound(size_bytes);
  if (found == kept_.end() ||
      static_cast<double>(size_bytes) < kLeastFilled * static_cast<double>(found->first)) {
    return nullptr;
  }
  const auto [size, block] = *found;
  used_.emplace(block.start, size);
  kept_bytes_ -= size;
  kept_.erase(found);
  return block.start;
}

void* BlockPool::map(size_t size_bytes) {
  const size_t used = used_bytes_ + size_bytes;
  const auto most =
      static_cast<size_t>(kMostKept * static_cast<double>(std::max(most_used_bytes_, used)));
  shrink_kept(most - used);
  void* block = map_aligned(size_bytes);
  if (block == nullptr) {
    shrink_kept(0);
    block = map_aligned(size_bytes);
  }
  if (block == nullptr) throw std::bad_alloc();
  used_.emplace(block, size_bytes);
  return block;
}

void BlockPool::shrink_kept(size_t most_bytes) {
  while (kept_bytes_ > most_bytes) {
    const auto oldest = std::min_element(
        kept_.begin(), kept_.end(),
        [](const auto& a, const auto& b) { return a.second.freed_at < b.second.freed_at; });
    ::munmap(oldest->second.start, oldest->first);
    kept_bytes_ -= oldest->first;
    kept_.erase(oldest);
  }
}

bool BlockPool::give_back(void* block) {
  if (reinterpret_cast<uintptr_t>(block) % kPage != 0) return false;
  const std::lock_guard lock(mutex_);
  const auto found = used_.find(block);
  if (found == used_.end()) return false;
  const size_t size = found->second;
  used_.erase(found);
  used_bytes_ -= size;
  kept_.emplace(size, FreeBlock{block, ++frees_});
  kept_bytes_ += size;
  return true;
}

size_t BlockPool::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return used_bytes_;
}

size_t BlockPool::kept_bytes() const {
  const std::lock_guard lock(mutex_);
  return kept_bytes_;
}

}  // namespace stoker
