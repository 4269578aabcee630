// LibTorch's memory on the CPU, from a BlockPool (block_pool.h) where a tensor is large.
#pragma once

namespace stoker {

// To be called before the first tensor, once. Results are the same to the bit; memory is that of
// the pool. A program linked to this library whose main does not call it keeps LibTorch's own
// allocator.
void use_pooled_memory();

}  // namespace stoker
