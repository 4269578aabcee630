// As resize_kernels_avx2.cc, with vectors twice as wide and permutations across them.
#include "libdata/image/resize_kernels.h"

#if defined(__x86_64__)
// GCC 12 takes the undefined vectors inside its own intrinsics for a mistake (GCC bug 105593).
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>

#include <cstring>

namespace stoker {
namespace {

#define STOKER_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx2")))

STOKER_AVX512 void vertical(const uint8_t* const* rows, const uint16_t* weights, int32_t taps,
                            size_t count, int16_t* out) {
  const __m512i bias = _mm512_set1_epi16(truncation_bias(taps));
  for (size_t x = 0; x < count; x += 32) {
    const __mmask32 there = count - x >= 32 ? ~__mmask32{0} : (__mmask32{1} << (count - x)) - 1;
    __m512i sum = bias;
    for (int32_t k = 0; k < taps; ++k) {
      const __m512i weight = _mm512_set1_epi16(static_cast<int16_t>(weights[k]));
      const __m256i bytes = _mm256_maskz_loadu_epi8(there, rows[k] + x);
      const __m512i scaled = _mm512_slli_epi16(_mm512_cvtepu8_epi16(bytes), 7);
      sum = _mm512_add_epi16(sum, _mm512_mulhi_epu16(scaled, weight));
    }
    _mm512_storeu_si512(out + x, sum);  // the row has slack for a whole vector
  }
}

// Four outputs, one a 128-bit lane: one load holds the pixels of all four, a permutation brings
// two taps of each into its lane.
template <int32_t kPairs>
STOKER_AVX512 inline __m512i four_outputs(const int16_t* from, __m512i indices,
                                          const uint16_t* words, int32_t pairs) {
  if (kPairs != 0) pairs = kPairs;
  __m512i sum = _mm512_set1_epi32(1 << 21);
  for (int32_t p = 0; p < pairs; ++p, from += 6, words += 32) {
    const __m512i values = _mm512_permutexvar_epi16(indices, _mm512_loadu_si512(from));
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(values, _mm512_loadu_si512(words)));
  }
  return _mm512_srai_epi32(sum, 22);
}

template <int32_t kPairs>
STOKER_AVX512 void horizontal_pairs(const int16_t* row, const HorizontalTable& table,
                                    int64_t target, uint8_t* out) {
  const int32_t pairs = kPairs != 0 ? kPairs : (table.taps + 1) / 2;
  const int32_t* bases = table.bases.data();
  const uint16_t* indices = table.indices.data();
  const uint16_t* words = table.words.data();
  const __m128i kDropZeros = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  for (int64_t x = 0; x < target; x += 4, indices += 32, words += 32 * pairs) {
    const __m512i sums =
        four_outputs<kPairs>(row + *bases++, _mm512_loadu_si512(indices), words, pairs);
    const __m128i pixels = _mm_shuffle_epi8(_mm512_cvtusepi32_epi8(sums), kDropZeros);
    // Not a byte past the row: another thread may be writing there.
    if (x + 4 <= target) {
      _mm_storel_epi64(reinterpret_cast<__m128i*>(out), pixels);
      const int32_t last = _mm_extract_epi32(pixels, 2);
      std::memcpy(out + 8, &last, 4);
      out += 12;
    } else {
      _mm_mask_storeu_epi8(out, static_cast<__mmask16>((1u << (target - x) * 3) - 1), pixels);
    }
  }
}

void horizontal(const int16_t* row, const HorizontalTable& table, int64_t target, int64_t channels,
                uint8_t* out) {
  if (!table.grouped || !table.permutable) {
    avx2_resize_kernels()->horizontal(row, table, target, channels, out);
    return;
  }
  if (table.taps <= 2)
    horizontal_pairs<1>(row, table, target, out);
  else if (table.taps <= 4)
    horizontal_pairs<2>(row, table, target, out);
  else
    horizontal_pairs<0>(row, table, target, out);
}

}  // namespace

const ResizeKernels* avx512_resize_kernels() {
  static const bool kSupported = __builtin_cpu_supports("avx512f") &&
                                 __builtin_cpu_supports("avx512bw") &&
                                 __builtin_cpu_supports("avx512vl") && avx2_resize_kernels();
  if (!kSupported) return nullptr;
  static const ResizeKernels kKernels{"avx512", vertical, avx2_resize_kernels()->prepare,
                                      horizontal};
  return &kKernels;
}

}  // namespace stoker

#else

namespace stoker {

const ResizeKernels* avx512_resize_kernels() {
  return nullptr;
}

}  // namespace stoker

#endif
