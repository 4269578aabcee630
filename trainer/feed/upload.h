// From the loader's memory to the device.
//
// One thread. Errors: Internal where bytes and sizes do not fit.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <span>

#include "libdata/core/arrays.h"

namespace stoker {

template <typename T>
ByteSpan bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()};
}

// The loader's bytes as a tensor, for what is computed from it at once: on a CPU a view, which
// holds no longer than the batch's lease; on a GPU a copy, by way of pinned memory, so that the way
// there does not hold up this thread (the pinned allocator keeps the memory until the copy is
// done).
torch::Tensor on_device(ByteSpan bytes, at::IntArrayRef sizes, torch::ScalarType type,
                        const torch::Device& device);

// The same for what is kept: a copy everywhere.
torch::Tensor copy_to_device(ByteSpan bytes, at::IntArrayRef sizes, torch::ScalarType type,
                             const torch::Device& device);

}  // namespace stoker
