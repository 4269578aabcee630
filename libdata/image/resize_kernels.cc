#include "libdata/image/resize_kernels.h"

#include <algorithm>
#include <array>

namespace stoker {
namespace {

void vertical_portable(const uint8_t* const* rows, const uint16_t* weights, int32_t taps,
                       size_t count, int16_t* out) {
  const int32_t bias = truncation_bias(taps);
  for (size_t x = 0; x < count; ++x) {
    int32_t sum = bias;
    for (int32_t k = 0; k < taps; ++k)
      sum += static_cast<int32_t>((uint32_t{rows[k][x]} << 7) * weights[k] >> 16);
    out[x] = static_cast<int16_t>(sum);
  }
}

void prepare_portable(const AxisTaps& taps, int64_t, HorizontalTable& table) {
  table.grouped = false;
  table.offsets = taps.first;
  table.words = taps.weights;
  table.taps = taps.max_taps;
}

template <int64_t kChannels>
void horizontal_fixed(const int16_t* row, const HorizontalTable& table, int64_t target,
                      uint8_t* out) {
  const uint16_t* weights = table.words.data();
  for (int64_t x = 0; x < target; ++x, weights += table.taps) {
    const int16_t* from = row + table.offsets[static_cast<size_t>(x)] * kChannels;
    std::array<int32_t, kChannels> sums;
    sums.fill(1 << 21);
    for (int32_t k = 0; k < table.taps; ++k)
      for (size_t c = 0; c < kChannels; ++c)
        sums[c] += *from++ * int32_t{weights[k]};
    for (size_t c = 0; c < kChannels; ++c)
      *out++ = static_cast<uint8_t>(std::min(sums[c] >> 22, 255));
  }
}

void horizontal_portable(const int16_t* row, const HorizontalTable& table, int64_t target,
                         int64_t channels, uint8_t* out) {
  if (channels == 1)
    horizontal_fixed<1>(row, table, target, out);
  else
    horizontal_fixed<3>(row, table, target, out);
}

}  // namespace

void vertical_many(const uint8_t* const* rows, const uint16_t* weights, int32_t taps, size_t count,
                   int16_t* out) {
  for (size_t x = 0; x < count; ++x) {
    uint32_t sum = 1u << 8;
    for (int32_t k = 0; k < taps; ++k)
      sum += uint32_t{rows[k][x]} * weights[k];
    out[x] = static_cast<int16_t>(sum >> 9);
  }
}

void group_taps(const AxisTaps& taps, HorizontalTable& table) {
  constexpr std::array<int32_t, 8> kPair{0, 3, 1, 4, 2, 5, 0, 0};  // r0 r1 g0 g1 b0 b1
  const size_t target = taps.first.size();
  const size_t groups = (target + 3) / 4;
  const size_t pairs = (static_cast<size_t>(taps.max_taps) + 1) / 2;
  table.taps = taps.max_taps;
  table.grouped = true;
  table.permutable = true;
  table.offsets.resize(groups * 4);
  table.bases.resize(groups);
  table.indices.resize(groups * 32);
  table.words.assign(groups * pairs * 32, 0);
  for (size_t g = 0; g < groups; ++g) {
    const size_t count = std::min<size_t>(4, target - g * 4);
    const int32_t* first = &taps.first[g * 4];
    const auto [least, most] = std::minmax_element(first, first + count);
    table.bases[g] = *least * 3;
    table.permutable &= (*most - *least) * 3 + 5 < 32;
    for (size_t i = 0; i < 4; ++i) {
      const int32_t offset = i < count ? first[i] * 3 : table.bases[g];
      table.offsets[g * 4 + i] = offset;
      for (size_t j = 0; j < 8; ++j)
        table.indices[g * 32 + i * 8 + j] =
            static_cast<uint16_t>(offset - table.bases[g] + kPair[j]);
      if (i >= count) continue;
      const uint16_t* weights = &taps.weights[(g * 4 + i) * static_cast<size_t>(taps.max_taps)];
      for (size_t k = 0; k < static_cast<size_t>(taps.max_taps); ++k) {
        uint16_t* lane = &table.words[((g * pairs + k / 2) * 4 + i) * 8 + k % 2];
        lane[0] = lane[2] = lane[4] = weights[k];
      }
    }
  }
}

const ResizeKernels& portable_resize_kernels() {
  static constexpr ResizeKernels kKernels{"portable", vertical_portable, prepare_portable,
                                          horizontal_portable};
  return kKernels;
}

const ResizeKernels& best_resize_kernels() {
  if (const ResizeKernels* avx512 = avx512_resize_kernels()) return *avx512;
  if (const ResizeKernels* avx2 = avx2_resize_kernels()) return *avx2;
  return portable_resize_kernels();
}

}  // namespace stoker
