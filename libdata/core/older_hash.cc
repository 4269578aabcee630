#include "libdata/core/older_hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace stoker {

uint32_t xxh32(ByteSpan bytes) {
  return XXH32(bytes.data(), bytes.size(), 0);
}

uint64_t xxh64(ByteSpan bytes) {
  return XXH64(bytes.data(), bytes.size(), 0);
}

}  // namespace stoker
