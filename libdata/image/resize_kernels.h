// The two inner loops of the crop resize, one set for each kind of processor.
//
// Fixed point: a source pixel v becomes 128 v in the intermediate row (int16, 7 fractional bits),
// and v again after the horizontal pass, rounded to nearest. Vertical weights have 16 fractional
// bits, horizontal ones 15. All sets give the same pixels to the bit (tested), so that a training
// run moved to another machine sees the same data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "libdata/image/resize_axis.h"

namespace stoker {

inline constexpr uint32_t kVerticalOne = 1u << 16;
inline constexpr uint32_t kHorizontalOne = 1u << 15;

// Values of slack that an intermediate row has behind the last pixel any tap can name, for kernels
// that load whole vectors. They are readable and are multiplied by 0.
inline constexpr size_t kRowSlack = 128;

// What a kernel set makes of the horizontal taps; its layout is the set's own affair.
struct HorizontalTable {
  int32_t taps = 0;
  bool permutable = false;        // grouped: each group's pixels lie within 32 values of its base
  std::vector<int32_t> offsets;   // of each output's first tap in the row, in pixels or values
  std::vector<uint16_t> words;    // weights
  std::vector<uint16_t> indices;  // grouped: where the first two taps of each sum lie, from base
  std::vector<int32_t> bases;     // grouped: the least offset of each group
};

// Lays out taps for vector kernels that make 16 sums at a time: a group of four RGB outputs (the
// sums of R, G, B and nothing, four times) or of 16 gray ones. Taps come in pairs: vector `p` of a
// group holds, for each sum, the weights of its output's taps 2 p and 2 p + 1, to be multiplied
// with the two values and added.
inline constexpr int64_t kGroupSums = 16;
constexpr int64_t group_outputs(int64_t channels) {
  return channels == 3 ? 4 : kGroupSums;
}
void group_taps(const AxisTaps& taps, int64_t channels, HorizontalTable& table);

struct ResizeKernels {
  const char* name;
  // out[x] = sum over k of rows[k][x] * weights[k], for x < count bytes. At most kMaxFastTaps rows.
  void (*vertical)(const uint8_t* const* rows, const uint16_t* weights, int32_t taps, size_t count,
                   int16_t* out);
  // Lays out taps whose `first` counts from the intermediate row's first pixel.
  void (*prepare)(const AxisTaps& taps, int64_t channels, HorizontalTable& table);
  // One output row of `target` pixels.
  void (*horizontal)(const int16_t* row, const HorizontalTable& table, int64_t target,
                     int64_t channels, uint8_t* out);
};

// Truncating a product loses half a unit on average: given back at the start of each sum, rounded
// up so that exact halves end up above.
constexpr int16_t truncation_bias(int32_t taps) {
  return static_cast<int16_t>((taps + 1) / 2);
}

// Above this many rows an output row is summed in 32 bits (vertical_many): truncated 16-bit
// products would add up to a visible error.
inline constexpr int32_t kMaxFastTaps = 32;
void vertical_many(const uint8_t* const* rows, const uint16_t* weights, int32_t taps, size_t count,
                   int16_t* out);

const ResizeKernels& portable_resize_kernels();
const ResizeKernels* avx2_resize_kernels();    // null where the processor or build lacks it
const ResizeKernels* avx512_resize_kernels();  // null likewise
const ResizeKernels& best_resize_kernels();

}  // namespace stoker
