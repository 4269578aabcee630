// The body of every Xxh3Kernel: included by one file an instruction set, each compiled for its own.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "libdata/core/xxh3_kernel.h"

namespace stoker {
namespace {

Hash128 halves(const XXH128_hash_t& hash) {
  return {hash.low64, hash.high64};
}

constexpr Xxh3Kernel kXxh3Kernel{
    [](ByteSpan bytes) -> uint64_t { return XXH3_64bits(bytes.data(), bytes.size()); },
    [](ByteSpan bytes) { return halves(XXH3_128bits(bytes.data(), bytes.size())); },
    []() -> void* {
      XXH3_state_t* const state = XXH3_createState();
      if (state != nullptr) XXH3_128bits_reset(state);
      return state;
    },
    [](void* state) { XXH3_freeState(static_cast<XXH3_state_t*>(state)); },
    [](void* state, ByteSpan bytes) {
      XXH3_128bits_update(static_cast<XXH3_state_t*>(state), bytes.data(), bytes.size());
    },
    [](const void* state) {
      return halves(XXH3_128bits_digest(static_cast<const XXH3_state_t*>(state)));
    }};

}  // namespace
}  // namespace stoker
