// One axis of an antialiased resize: which source pixels make which output pixel, in fixed point.
//
// Shrinking takes the mean of the source under each output pixel (area); enlarging interpolates
// linearly between pixel centres and repeats the outermost pixels of the box. Thread-safety: plain
// values.
#pragma once

#include <cstdint>
#include <vector>

namespace stoker {

struct AxisTaps {
  int64_t begin = 0;  // source pixels used by any output: begin..end-1
  int64_t end = 0;
  int32_t max_taps = 0;  // of any output
  // Output i is the sum over k < max_taps of weights[i * max_taps + k] * source[first[i] + k].
  // Weights of an output sum to `one`; where taps are fewer than max_taps the rest are 0. A weight
  // of `one` itself is stored as one - 1, so that all fit 16 (or 15) bits.
  std::vector<int32_t> first;
  std::vector<uint16_t> weights;

  // `length` source pixels from `start`, which may be fractional, to `target` outputs. Reuses the
  // vectors' memory. `reverse` lists the outputs last to first.
  void plan(double start, double length, int64_t source_size, int64_t target, uint32_t one,
            bool reverse);
};

}  // namespace stoker
