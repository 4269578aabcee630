#include "libdata/loader/batch_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr size_t kLargePage = size_t{2} << 20;

uint8_t* allocate_large_pages(size_t size_bytes) {
  void* const memory = ::operator new (size_bytes, std::align_val_t{kLargePage});
  ::madvise(memory, size_bytes, MADV_HUGEPAGE);  // a wish: failing does no harm
  return static_cast<uint8_t*>(memory);
}

}  // namespace

BatchMemory::BatchMemory(const std::optional<BufferSource>& source, size_t size_bytes)
    : source_(source ? &*source : nullptr),
      size_bytes_(size_bytes),
      memory_(source ? source->allocate(size_bytes) : allocate_large_pages(size_bytes)) {
  if (memory_ == nullptr) throw std::bad_alloc();
  if (reinterpret_cast<uintptr_t>(memory_) % kBatchAlignment == 0) return;
  source_->release(memory_, size_bytes_);  // ours is aligned
  throw Error(ErrorCode::kInvalidArgument,
              "a source of batch memory: expected memory aligned to 64 bytes");
}

BatchMemory::~BatchMemory() {
  if (source_ != nullptr)
    source_->release(memory_, size_bytes_);
  else
    ::operator delete (memory_, std::align_val_t{kLargePage});
}

}  // namespace stoker
