// memcpy for pixels that this processor will not look at again, because a device fetches them.
//
// Stores go past the cache: memory traffic is two thirds of what memcpy needs for pieces of image
// size. Plain memcpy where `to` is not aligned to 32 bytes, or the processor lacks AVX2.
// Thread-safety: pure; what was written is visible to whoever synchronises with this thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace stoker {

void stream_copy(uint8_t* to, const uint8_t* from, size_t size_bytes);

}  // namespace stoker
