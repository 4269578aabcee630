// XXH3 as compiled for one instruction set; hash.h is the front.
//
// Debian's libxxhash is built for SSE2 alone, half the speed of AVX2 in cache. So the library's
// header is compiled here, once for each set. All versions give the same hashes.
#pragma once

#include "libdata/core/hash.h"

namespace stoker {

struct Xxh3Kernel {
  uint64_t (*hash_64)(ByteSpan bytes);
  Hash128 (*hash_128)(ByteSpan bytes);
  // A running 128-bit hash. `create` gives null where memory is short.
  void* (*create)();
  void (*destroy)(void* state);
  void (*update)(void* state, ByteSpan bytes);
  Hash128 (*digest)(const void* state);
};

extern const Xxh3Kernel kBaselineXxh3Kernel;
#if defined(__x86_64__)
extern const Xxh3Kernel kAvx2Xxh3Kernel;
#endif

}  // namespace stoker
