// Rows and tiles of voxels in vectors: what voxel_copy.cc is made of. Every processor, no dispatch.
//
// Thread-safety: pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace stoker {

inline constexpr size_t kVectorBytes = 16;
inline constexpr size_t kCacheLineBytes = 64;

template <typename Voxel>
inline constexpr int64_t kTileEdge = kVectorBytes / sizeof(Voxel);

// Both are multiples of a cache line, `to` in address too. Ordered by store_fence alone.
inline void store_past_cache(uint8_t* to, const uint8_t* from, size_t size_bytes) {
#if defined(__x86_64__)
  for (size_t i = 0; i < size_bytes; i += kVectorBytes) {
    _mm_stream_si128(reinterpret_cast<__m128i*>(to + i),
                     _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i)));
  }
#else
  std::memcpy(to, from, size_bytes);
#endif
}

inline void store_fence() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

inline void prefetch(const uint8_t* at) {
  __builtin_prefetch(at, 0, 3);
}

template <typename Voxel>
void reverse_row(const Voxel* from, Voxel* to, int64_t count) {
  constexpr int64_t kAtOnce = 8;  // bytes
  int64_t x = 0;
  if constexpr (sizeof(Voxel) == 1) {
    for (; x + kAtOnce <= count; x += kAtOnce) {
      uint64_t voxels;
      std::memcpy(&voxels, from + count - kAtOnce - x, sizeof voxels);
      voxels = __builtin_bswap64(voxels);
      std::memcpy(to + x, &voxels, sizeof voxels);
    }
  }
  for (; x < count; ++x)
    to[x] = from[count - 1 - x];
}

// The voxels of a then b, alternating: the first halves, and the second halves.
template <typename Voxel>
struct Interleave;

template <>
struct Interleave<uint8_t> {
  using Vector = uint8_t __attribute__((vector_size(kVectorBytes)));
  static Vector low(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  }
  static Vector high(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                   31);
  }
};

template <>
struct Interleave<uint16_t> {
  using Vector = uint16_t __attribute__((vector_size(kVectorBytes)));
  static Vector low(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  }
  static Vector high(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  }
};

// A tile of kTileEdge x kTileEdge voxels; steps from row to row, in voxels.
// Interleaving row i with row i + half, log2(edge) times, is a transposition: each time the bits of
// (row, column) rotate by one.
template <typename Voxel>
void transpose_tile(const Voxel* from, int64_t from_step, Voxel* to, int64_t to_step) {
  using Vector = typename Interleave<Voxel>::Vector;
  constexpr int64_t kEdge = kTileEdge<Voxel>;
  Vector rows[kEdge];
  Vector next[kEdge];
  for (int64_t i = 0; i < kEdge; ++i)
    std::memcpy(&rows[i], from + i * from_step, sizeof(Vector));
  for (int64_t bit = 1; bit < kEdge; bit *= 2) {
    for (int64_t i = 0; i < kEdge / 2; ++i) {
      next[2 * i] = Interleave<Voxel>::low(rows[i], rows[i + kEdge / 2]);
      next[2 * i + 1] = Interleave<Voxel>::high(rows[i], rows[i + kEdge / 2]);
    }
    for (int64_t i = 0; i < kEdge; ++i)
      rows[i] = next[i];
  }
  for (int64_t i = 0; i < kEdge; ++i)
    std::memcpy(to + i * to_step, &rows[i], sizeof(Vector));
}

}  // namespace stoker
