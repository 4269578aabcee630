// The hashes of xxHash that came before XXH3, as other formats use them: seed 0.
//
// Thread-safety: pure functions. Source: xxHash 0.8.
#pragma once

#include <cstdint>

#include "libdata/core/arrays.h"

namespace stoker {

uint32_t xxh32(ByteSpan bytes);
uint64_t xxh64(ByteSpan bytes);

}  // namespace stoker
