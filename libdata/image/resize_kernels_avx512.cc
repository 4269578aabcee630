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

// The sums of a group: one load holds the pixels of all its outputs, a permutation brings two taps
// to each sum.
template <int64_t kChannels, int32_t kPairs>
STOKER_AVX512 inline __m512i group_sums(const int16_t* from, __m512i indices, const uint16_t* words,
                                        int32_t pairs) {
  if (kPairs != 0) pairs = kPairs;
  __m512i sum = _mm512_set1_epi32(1 << 21);
  for (int32_t p = 0; p < pairs; ++p, from += 2 * kChannels, words += 2 * kGroupSums) {
    const __m512i values = _mm512_permutexvar_epi16(indices, _mm512_loadu_si512(from));
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(values, _mm512_loadu_si512(words)));
  }
  return _mm512_srai_epi32(sum, 22);
}

template <int64_t kChannels, int32_t kPairs>
STOKER_AVX512 void horizontal_pairs(const int16_t* row, const HorizontalTable& table,
                                    int64_t target, uint8_t* out) {
  constexpr int64_t kGroupBytes = group_outputs(kChannels) * kChannels;
  const int32_t pairs = kPairs != 0 ? kPairs : (table.taps + 1) / 2;
  const int32_t* bases = table.bases.data();
  const uint16_t* indices = table.indices.data();
  const uint16_t* words = table.words.data();
  const __m128i kDropSpares = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  for (int64_t left = target * kChannels; left > 0; left -= kGroupBytes) {
    const __m512i sums =
        group_sums<kChannels, kPairs>(row + *bases++, _mm512_loadu_si512(indices), words, pairs);
    __m128i pixels = _mm512_cvtusepi32_epi8(sums);
    if (kChannels == 3) pixels = _mm_shuffle_epi8(pixels, kDropSpares);
    if (left >= 16)  // bytes past this group's are the next one's to write
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out), pixels);
    else  // not a byte past the row: another thread may be writing there
      _mm_mask_storeu_epi8(out, static_cast<__mmask16>((1u << left) - 1), pixels);
    out += kGroupBytes;
    indices += 2 * kGroupSums;
    words += 2 * kGroupSums * pairs;
  }
}

template <int64_t kChannels>
STOKER_AVX512 void horizontal_channels(const int16_t* row, const HorizontalTable& table,
                                       int64_t target, uint8_t* out) {
  if (table.taps <= 2)
    horizontal_pairs<kChannels, 1>(row, table, target, out);
  else if (table.taps <= 4)
    horizontal_pairs<kChannels, 2>(row, table, target, out);
  else
    horizontal_pairs<kChannels, 0>(row, table, target, out);
}

void horizontal(const int16_t* row, const HorizontalTable& table, int64_t target, int64_t channels,
                uint8_t* out) {
  if (!table.permutable)
    avx2_resize_kernels()->horizontal(row, table, target, channels, out);
  else if (channels == 1)
    horizontal_channels<1>(row, table, target, out);
  else
    horizontal_channels<3>(row, table, target, out);
}

}  // namespace

const ResizeKernels* avx512_resize_kernels() {
  static const bool kSupported = __builtin_cpu_supports("avx512f") &&
                                 __builtin_cpu_supports("avx512bw") &&
                                 __builtin_cpu_supports("avx512vl") && avx2_resize_kernels();
  if (!kSupported) return nullptr;
  static constexpr ResizeKernels kKernels{"avx512", vertical, group_taps, horizontal};
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
