#include "libdata/loader/stream_copy.h"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace stoker {

#if defined(__x86_64__)
namespace {

constexpr size_t kStep = 128;  // four vectors

__attribute__((target("avx2"))) void stream_copy_avx2(uint8_t* to, const uint8_t* from,
                                                      size_t steps) {
  for (; steps > 0; --steps, to += kStep, from += kStep) {
    const auto* source = reinterpret_cast<const __m256i*>(from);
    auto* target = reinterpret_cast<__m256i*>(to);
    const __m256i a = _mm256_loadu_si256(source);
    const __m256i b = _mm256_loadu_si256(source + 1);
    const __m256i c = _mm256_loadu_si256(source + 2);
    const __m256i d = _mm256_loadu_si256(source + 3);
    _mm256_stream_si256(target, a);
    _mm256_stream_si256(target + 1, b);
    _mm256_stream_si256(target + 2, c);
    _mm256_stream_si256(target + 3, d);
  }
  _mm_sfence();  // streaming stores are ordered by nothing else
}

}  // namespace

void stream_copy(uint8_t* to, const uint8_t* from, size_t size_bytes) {
  static const bool kHasAvx2 = __builtin_cpu_supports("avx2");
  const bool aligned = reinterpret_cast<uintptr_t>(to) % 32 == 0;
  const size_t streamed = kHasAvx2 && aligned ? size_bytes / kStep * kStep : 0;
  if (streamed != 0) stream_copy_avx2(to, from, streamed / kStep);
  std::memcpy(to + streamed, from + streamed, size_bytes - streamed);
}

#else

void stream_copy(uint8_t* to, const uint8_t* from, size_t size_bytes) {
  std::memcpy(to, from, size_bytes);
}

#endif

}  // namespace stoker
