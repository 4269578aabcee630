#include "libdata/image/resize_kernels.h"

#include <algorithm>
#include <array>

namespace stoker {
namespace {

// Block by block, taps outside: loops that compilers turn into vectors.
void vertical_portable(const uint8_t* const* rows, const uint16_t* weights, int32_t taps,
                       size_t count, int16_t* out) {
  constexpr size_t kBlock = 64;
  const auto bias = static_cast<uint16_t>(truncation_bias(taps));
  for (size_t x = 0; x < count; x += kBlock) {
    const size_t here = std::min(kBlock, count - x);
    std::array<uint16_t, kBlock> sums;
    sums.fill(bias);
    for (int32_t k = 0; k < taps; ++k) {
      const uint8_t* row = rows[k] + x;
      const uint16_t weight = weights[k];
      for (size_t i = 0; i < here; ++i)
        sums[i] = static_cast<uint16_t>(sums[i] + ((uint32_t{row[i]} << 7) * weight >> 16));
    }
    std::copy_n(sums.begin(), here, out + x);
  }
}

void prepare_portable(const AxisTaps& taps, int64_t, HorizontalTable& table) {
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

template <int32_t kChannels>
void group_channels(const AxisTaps& taps, HorizontalTable& table) {
  constexpr size_t kOutputs = group_outputs(kChannels);
  constexpr size_t kSums = kGroupSums / kOutputs;  // of an output; the fourth of RGB is a spare
  const size_t target = taps.first.size();
  const size_t groups = (target + kOutputs - 1) / kOutputs;
  const size_t max_taps = static_cast<size_t>(taps.max_taps);
  const size_t pairs = (max_taps + 1) / 2;
  table.taps = taps.max_taps;
  table.permutable = true;
  table.offsets.resize(groups * kOutputs);
  table.bases.resize(groups);
  table.indices.resize(groups * kGroupSums * 2);
  table.words.assign(groups * pairs * kGroupSums * 2, 0);
  for (size_t g = 0; g < groups; ++g) {
    const size_t count = std::min(kOutputs, target - g * kOutputs);
    const int32_t* first = &taps.first[g * kOutputs];
    const auto [least, most] = std::minmax_element(first, first + count);
    const int32_t base = *least * kChannels;
    table.bases[g] = base;
    table.permutable &= (*most - *least + 2) * kChannels <= 32;
    uint16_t* indices = &table.indices[g * kGroupSums * 2];
    for (size_t i = 0; i < kOutputs; ++i) {
      const int32_t offset = i < count ? first[i] * kChannels : base;
      table.offsets[g * kOutputs + i] = offset;
      for (size_t c = 0; c < kSums; ++c) {
        *indices++ = static_cast<uint16_t>(offset - base + static_cast<int32_t>(c));
        *indices++ = static_cast<uint16_t>(offset - base + static_cast<int32_t>(c) + kChannels);
      }
    }
    for (size_t i = 0; i < count; ++i) {
      const uint16_t* weights = &taps.weights[(g * kOutputs + i) * max_taps];
      for (size_t k = 0; k < max_taps; ++k) {
        uint16_t* words = &table.words[((g * pairs + k / 2) * kGroupSums + i * kSums) * 2 + k % 2];
        for (size_t c = 0; c < kChannels; ++c)
          words[c * 2] = weights[k];
      }
    }
  }
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

void group_taps(const AxisTaps& taps, int64_t channels, HorizontalTable& table) {
  if (channels == 1)
    group_channels<1>(taps, table);
  else
    group_channels<3>(taps, table);
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
