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

// The values of two taps for each of eight sums: two RGB outputs, one a 128-bit lane, or eight gray
// ones.
template <int64_t kChannels>
STOKER_AVX2 inline __m256i tap_pairs(const int16_t* row, const int32_t* offsets) {
  if (kChannels == 1) {
    const __m256i places = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(offsets));
    return _mm256_i32gather_epi32(reinterpret_cast<const int32_t*>(row), places, 2);
  }
  const __m256i kPairUp = _mm256_setr_epi8(0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, -1, -1, -1, -1,  //
                                           0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, -1, -1, -1, -1);
  const auto load = [row](int32_t offset) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + offset));
  };
  const __m256i values =
      _mm256_inserti128_si256(_mm256_castsi128_si256(load(offsets[0])), load(offsets[1]), 1);
  return _mm256_shuffle_epi8(values, kPairUp);
}

template <int64_t kChannels, int32_t kPairs>
STOKER_AVX2 inline __m256i eight_sums(const int16_t* row, const int32_t* offsets,
                                      const uint16_t* words, int32_t pairs) {
  if (kPairs != 0) pairs = kPairs;
  __m256i sum = _mm256_set1_epi32(1 << 21);
  for (int32_t p = 0; p < pairs; ++p, row += 2 * kChannels, words += 2 * kGroupSums) {
    const __m256i weights = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(tap_pairs<kChannels>(row, offsets), weights));
  }
  return _mm256_srai_epi32(sum, 22);
}

// kPairs: of taps, where the compiler shall know how many; 0: any number.
template <int64_t kChannels, int32_t kPairs>
STOKER_AVX2 void horizontal_pairs(const int16_t* row, const HorizontalTable& table, int64_t target,
                                  uint8_t* out) {
  constexpr int64_t kOutputs = group_outputs(kChannels);
  const int32_t pairs = kPairs != 0 ? kPairs : (table.taps + 1) / 2;
  const int32_t* offsets = table.offsets.data();
  const uint16_t* words = table.words.data();
  // Packing leaves sums 0-3, 8-11, 4-7, 12-15; of RGB each fourth is a spare.
  const __m128i kInOrder =
      kChannels == 3 ? _mm_setr_epi8(0, 1, 2, 8, 9, 10, 4, 5, 6, 12, 13, 14, -1, -1, -1, -1)
                     : _mm_setr_epi8(0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15);
  for (int64_t left = target * kChannels; left > 0; left -= kOutputs * kChannels) {
    const __m256i low = eight_sums<kChannels, kPairs>(row, offsets, words, pairs);
    const __m256i high =
        eight_sums<kChannels, kPairs>(row, offsets + kOutputs / 2, words + kGroupSums, pairs);
    const __m256i halves = _mm256_packs_epi32(low, high);
    const __m128i bytes =
        _mm_packus_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
    const __m128i pixels = _mm_shuffle_epi8(bytes, kInOrder);
    if (left >= 16) {  // bytes past this group's are the next one's to write
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out), pixels);
    } else {  // not a byte past the row: another thread may be writing there
      alignas(16) uint8_t last[16];
      _mm_store_si128(reinterpret_cast<__m128i*>(last), pixels);
      std::memcpy(out, last, static_cast<size_t>(left));
    }
    out += kOutputs * kChannels;
    offsets += kOutputs;
    words += 2 * kGroupSums * pairs;
  }
}

template <int64_t kChannels>
STOKER_AVX2 void horizontal_channels(const int16_t* row, const HorizontalTable& table,
                                     int64_t target, uint8_t* out) {
  if (table.taps <= 2)
    horizontal_pairs<kChannels, 1>(row, table, target, out);
  else if (table.taps <= 4)
    horizontal_pairs<kChannels, 2>(row, table, target, out);
  else
    horizontal_pairs<kChannels, 0>(row, table, target, out);
}

STOKER_AVX2 void horizontal(const int16_t* row, const HorizontalTable& table, int64_t target,
                            int64_t channels, uint8_t* out) {
  if (channels == 1)
    horizontal_channels<1>(row, table, target, out);
  else
    horizontal_channels<3>(row, table, target, out);
}

}  // namespace

const ResizeKernels* avx2_resize_kernels() {
  static constexpr ResizeKernels kKernels{"avx2", vertical, group_taps, horizontal};
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
