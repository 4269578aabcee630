// Zstandard frames in memory.
//
// Thread-safety: free functions. Errors: Corrupt for damage, a stream that is cut short, and for
// more than was expected.
#pragma once

#include <cstdint>

#include "libdata/core/arrays.h"

namespace stoker {

// All frames, one behind the other. Corrupt past `most_bytes`. Memory grows with what is unpacked,
// whatever the frame says of its size.
Bytes unpack_zstd(ByteSpan packed, uint64_t most_bytes);

}  // namespace stoker
