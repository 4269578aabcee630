// A vector of floats for feature_kernel_impl.h, as wide as the instruction set the including file
// is compiled for. Everything is in an unnamed namespace: no function compiled with one set of
// flags can be linked in place of another.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "libdata/core/half.h"

namespace stoker {
namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));

inline Lanes load(const float* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

inline void store(float* to, Lanes lanes) {
  std::memcpy(to, &lanes, sizeof lanes);
}

inline Lanes broadcast(float value) {
  return Lanes{} + value;
}

#if defined(__AVX512F__)

inline Lanes fma(Lanes a, Lanes b, Lanes c) {
  return _mm512_fmadd_ps(a, b, c);
}
inline Lanes square_root(Lanes a) {
  return _mm512_sqrt_ps(a);
}
inline Lanes absolute(Lanes a) {
  return _mm512_abs_ps(a);
}
inline Lanes smaller(Lanes a, Lanes b) {
  return _mm512_min_ps(a, b);
}
inline Lanes load_integers(const uint8_t* from) {
  return _mm512_cvtepi32_ps(
      _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
}
inline Lanes load_integers(const uint16_t* from) {
  return _mm512_cvtepi32_ps(
      _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))));
}
inline void store_half(uint16_t* to, Lanes a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                      _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

#elif defined(__AVX2__)

inline Lanes fma(Lanes a, Lanes b, Lanes c) {
  return _mm256_fmadd_ps(a, b, c);
}
inline Lanes square_root(Lanes a) {
  return _mm256_sqrt_ps(a);
}
inline Lanes absolute(Lanes a) {
  return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a);
}
inline Lanes smaller(Lanes a, Lanes b) {
  return _mm256_min_ps(a, b);
}
inline Lanes load_integers(const uint8_t* from) {
  return _mm256_cvtepi32_ps(
      _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
}
inline Lanes load_integers(const uint16_t* from) {
  return _mm256_cvtepi32_ps(
      _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
}
inline void store_half(uint16_t* to, Lanes a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                   _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

#else

#if defined(__aarch64__)

inline Lanes fma(Lanes a, Lanes b, Lanes c) {
  return vfmaq_f32(c, a, b);
}
inline void store_half(uint16_t* to, Lanes a) {
  vst1_u16(to, vreinterpret_u16_f16(vcvt_f16_f32(a)));
}

#else

// Without such an instruction: the product is exact in double; the sum is rounded to odd there, so
// that rounding it to float afterwards is the one rounding a fused multiply-add has
// (S. Boldo, G. Melquiond, "Emulation of FMA and correctly rounded sums", IEEE TC 57, 2008).
inline Lanes fma(Lanes a, Lanes b, Lanes c) {
  using Doubles = double __attribute__((vector_size(kLanes * sizeof(double))));
  using Bits = int64_t __attribute__((vector_size(kLanes * sizeof(int64_t))));
  const Doubles product = __builtin_convertvector(a, Doubles) * __builtin_convertvector(b, Doubles);
  const Doubles addend = __builtin_convertvector(c, Doubles);
  const Doubles sum = product + addend;
  const Doubles part = sum - product;
  const Doubles error = (product - (sum - part)) + (addend - part);
  Bits bits;
  std::memcpy(&bits, &sum, sizeof bits);
  const Bits inexact_and_even = Bits(error != 0.0) & ((bits & 1) == 0);
  // One step away from zero where the error points there, one towards zero otherwise.
  const Bits away = Bits((error > 0.0)) ^ Bits(sum < 0.0);
  bits += inexact_and_even & ((away & 2) - 1);
  Doubles odd;
  std::memcpy(&odd, &bits, sizeof odd);
  return __builtin_convertvector(odd, Lanes);
}

inline void store_half(uint16_t* to, Lanes a) {
  for (int lane = 0; lane < kLanes; ++lane)
    to[lane] = float_to_half(a[lane]);
}

#endif

inline Lanes square_root(Lanes a) {
  Lanes root;
  for (int lane = 0; lane < kLanes; ++lane)
    root[lane] = __builtin_sqrtf(a[lane]);
  return root;
}
inline Lanes absolute(Lanes a) {
  using Bits = int32_t __attribute__((vector_size(sizeof(Lanes))));
  Bits bits;
  std::memcpy(&bits, &a, sizeof bits);
  bits &= 0x7fffffff;
  std::memcpy(&a, &bits, sizeof a);
  return a;
}
inline Lanes smaller(Lanes a, Lanes b) {
  return a < b ? a : b;
}
template <typename Integer>
inline Lanes load_integers(const Integer* from) {
  Lanes lanes;
  for (int lane = 0; lane < kLanes; ++lane)
    lanes[lane] = static_cast<float>(from[lane]);
  return lanes;
}

#endif

// Voxels on the scale 0..255. The factor is 255 / 65535 as a float; multiples of 257, which 8-bit
// voxels become when they are widened, give their 8-bit value exactly.
inline Lanes load_voxels(const uint8_t* from) {
  return load_integers(from);
}
inline Lanes load_voxels(const uint16_t* from) {
  return load_integers(from) * broadcast(1.0f / 257.0f);
}

}  // namespace
}  // namespace stoker
