// Memory of a GPU that this process holds.
//
// One thread. Known where the build has CUDA's headers beside a LibTorch with CUDA.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace stoker {

// What LibTorch's allocator has reserved there, in bytes: tensors, and what it keeps for the next
// ones, so that the card holds no less. 0 for a CPU, and where it is not known.
uint64_t device_memory_bytes(const torch::Device& device);

}  // namespace stoker
