// Target attributes instead of compiler flags for the file: inline functions of the standard
// library must not be compiled for a processor that may not be there.
#include "libdata/image/resize_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>

namespace stoker {
namespace {

#define STOKER_AVX2 __attribute__((target("avx2")))

// 16 pixels of one row, times 128, times the weight, over 2^16.
STOKER_AVX2 inline __m256i weighted(const uint8_t* row, __m256i weight) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row));
  return _mm256_mulhi_epu16(_mm256_slli_epi16(_mm256_cvtepu8_epi16(bytes), 7), weight);
}

STOKER_AVX2 void vertical_block(const uint8_t* const* rows, const uint16_t* weights, int32_t taps,
                                size_t x, int16_t* out) {
  __m256i low = _mm256_set1_epi16(truncation_bias(taps));
  __m256i high = low;
  for (int32_t k = 0; k < taps; ++k) {
    const __m256i weight = _mm256_set1_epi16(static_cast<int16_t>(weights[k]));
    low = _mm256_add_epi16(low, weighted(rows[k] + x, weight));
    high = _mm256_add_epi16(high, weighted(rows[k] + x + 16, weight));
  }
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + x), low);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + x + 16), high);
}

STOKER_AVX2 void vertical(const uint8_t* const* rows, const uint16_t* weights, int32_t taps,
                          size_t count, int16_t* out) {
  if (count < 32) {
    portable_resize_kernels().vertical(rows, weights, taps, count, out);
    return;
  }
  for (size_t x = 0; x + 32 <= count; x += 32)
    vertical_block(rows, weights, taps, x, out);
  if (count % 32 != 0) vertical_block(rows, weights, taps, count - 32, out);  // overlaps: no harm
}

// Two outputs, one a 128-bit lane: sums of R, G, B and nothing, in 32 bits.
STOKER_AVX2 inline __m256i two_outputs(const int16_t* row, const int32_t* offsets,
                                       const uint16_t* words, int32_t pairs) {
  const __m256i kPairUp = _mm256_setr_epi8(0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, -1, -1, -1, -1,  //
                                           0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, -1, -1, -1, -1);
  const int16_t* a = row + offsets[0];
  const int16_t* b = row + offsets[1];
  __m256i sum = _mm256_set1_epi32(1 << 21);
  for (int32_t p = 0; p < pairs; ++p, a += 6, b += 6, words += 32) {
    const __m256i values = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a))),
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(b)), 1);
    const __m256i weights = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_shuffle_epi8(values, kPairUp), weights));
  }
  return _mm256_srai_epi32(sum, 22);
}

STOKER_AVX2 void horizontal(const int16_t* row, const HorizontalTable& table, int64_t target,
                            int64_t channels, uint8_t* out) {
  if (!table.grouped) {
    portable_resize_kernels().horizontal(row, table, target, channels, out);
    return;
  }
  const int32_t pairs = (table.taps + 1) / 2;
  const int32_t* offsets = table.offsets.data();
  const uint16_t* words = table.words.data();
  // Bytes r g b 0 of outputs 0, 2 | 1, 3 to twelve bytes in order.
  const __m128i kDropZeros = _mm_setr_epi8(0, 1, 2, 8, 9, 10, 4, 5, 6, 12, 13, 14, -1, -1, -1, -1);
  for (int64_t x = 0; x < target; x += 4, offsets += 4, words += 32 * pairs) {
    const __m256i sums01 = two_outputs(row, offsets, words, pairs);
    const __m256i sums23 = two_outputs(row, offsets + 2, words + 16, pairs);
    const __m256i halves = _mm256_packs_epi32(sums01, sums23);
    const __m128i bytes =
        _mm_packus_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
    const __m128i pixels = _mm_shuffle_epi8(bytes, kDropZeros);
    // Not a byte past the row: another thread may be writing there.
    alignas(16) uint8_t twelve[16];
    if (x + 4 <= target) {
      _mm_storel_epi64(reinterpret_cast<__m128i*>(out), pixels);
      const int32_t last = _mm_extract_epi32(pixels, 2);
      std::memcpy(out + 8, &last, 4);
      out += 12;
    } else {
      _mm_store_si128(reinterpret_cast<__m128i*>(twelve), pixels);
      std::memcpy(out, twelve, static_cast<size_t>(target - x) * 3);
    }
  }
}

void prepare(const AxisTaps& taps, int64_t channels, HorizontalTable& table) {
  if (channels == 3)
    group_taps(taps, table);
  else
    portable_resize_kernels().prepare(taps, channels, table);
}

}  // namespace

const ResizeKernels* avx2_resize_kernels() {
  static constexpr ResizeKernels kKernels{"avx2", vertical, prepare, horizontal};
  return __builtin_cpu_supports("avx2") ? &kKernels : nullptr;
}

}  // namespace stoker

#else

namespace stoker {

const ResizeKernels* avx2_resize_kernels() {
  return nullptr;
}

}  // namespace stoker

#endif
