#include "trainer/tensors/device_memory.h"

#ifdef STOKER_CUDA_ALLOCATOR  // CMakeLists.txt
#include <c10/cuda/CUDACachingAllocator.h>
#endif

namespace stoker {

uint64_t device_memory_bytes(const torch::Device& device) {
  if (!device.is_cuda()) return 0;
#ifdef STOKER_CUDA_ALLOCATOR
  constexpr size_t kAllPools = 0;  // StatType::AGGREGATE, which moved from header to header
  const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(
      device.has_index() ? device.index() : torch::DeviceIndex{0});
  return static_cast<uint64_t>(stats.reserved_bytes[kAllPools].current);
#else
  return 0;
#endif
}

}  // namespace stoker
