#include "trainer/tensors/cpu_allocator.h"

#include <c10/core/CPUAllocator.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "trainer/tensors/block_pool.h"

namespace stoker {
namespace {

constexpr size_t kLeastPooled = size_t{1} << 20;
constexpr size_t kAlignment = 64;  // bytes, as LibTorch's own

// Never destroyed: tensors in static objects outlive it.
BlockPool& pool() {
  static auto* const blocks = new BlockPool;
  return *blocks;
}

void* take_unreported(size_t size_bytes) {
  try {
    if (size_bytes >= kLeastPooled) return pool().take(size_bytes);
  } catch (const std::bad_alloc&) {
    TORCH_CHECK(false, "not enough memory: a tensor needs ", size_bytes, " bytes");
  }
  void* memory = nullptr;
  const int failed = ::posix_memalign(&memory, kAlignment, size_bytes);
  TORCH_CHECK(failed == 0, "not enough memory: a tensor needs ", size_bytes, " bytes");
  return memory;
}

// As LibTorch's own allocator does, so that its memory profiler counts.
void* take(size_t size_bytes) {
  if (size_bytes == 0) return nullptr;
  void* const memory = take_unreported(size_bytes);
  c10::profiledCPUMemoryReporter().New(memory, size_bytes);
  return memory;
}

void release(void* memory) {
  if (memory == nullptr) return;
  c10::profiledCPUMemoryReporter().Delete(memory);
  if (!pool().give_back(memory)) std::free(memory);
}

// LibTorch's interface has changed in 2.x: allocate lost its const, and copy_data came. Each
// version overrides what it knows; hence neither is marked so.
struct PooledAllocator final : c10::Allocator {
  c10::DataPtr allocate(size_t size_bytes) const {
    void* const memory = take(size_bytes);
    return {memory, memory, &release, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DataPtr allocate(size_t size_bytes) {
    return static_cast<const PooledAllocator&>(*this).allocate(size_bytes);
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, size_t size_bytes) const {
    std::memcpy(to, from, size_bytes);
  }
};

}  // namespace

void use_pooled_memory() {
  static PooledAllocator allocator;
  constexpr uint8_t kAboveTheDefault = 1;
  c10::SetCPUAllocator(&allocator, kAboveTheDefault);
}

}  // namespace stoker
