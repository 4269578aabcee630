#include "libdata/image/resize_axis.h"

#include <algorithm>
#include <cmath>

namespace stoker {
namespace {

// A box that ends within this of a pixel edge ends on it: fractional boxes are products of doubles.
constexpr double kEdgeTolerance = 1e-6;

// Shares of one output, given as cumulative sums, become integers that add up to `one` exactly.
class ShareWriter {
 public:
  ShareWriter(uint16_t* weights, uint32_t one) : weights_(weights), one_(one) {}

  void add_up_to(double cumulative) {
    const uint32_t sum = static_cast<uint32_t>(cumulative * one_ + 0.5);
    *weights_++ = static_cast<uint16_t>(std::min(sum - sum_, one_ - 1));
    sum_ = sum;
  }

 private:
  uint16_t* weights_;
  uint32_t one_;
  uint32_t sum_ = 0;
};

}  // namespace

void AxisTaps::plan(double start, double length, int64_t source_size, int64_t target, uint32_t one,
                    bool reverse) {
  begin = std::max<int64_t>(0, static_cast<int64_t>(std::floor(start + kEdgeTolerance)));
  end = std::min(source_size, static_cast<int64_t>(std::ceil(start + length - kEdgeTolerance)));
  end = std::max(end, begin + 1);
  const double scale = length / static_cast<double>(target);
  const bool shrink = scale >= 1.0;
  max_taps = shrink ? static_cast<int32_t>(std::ceil(scale)) + 1 : 2;
  max_taps = static_cast<int32_t>(std::min<int64_t>(max_taps, end - begin));
  first.resize(static_cast<size_t>(target));
  weights.assign(static_cast<size_t>(target * max_taps), 0);
  for (int64_t i = 0; i < target; ++i) {
    const size_t at = static_cast<size_t>(reverse ? target - 1 - i : i);
    ShareWriter shares(&weights[at * static_cast<size_t>(max_taps)], one);
    int64_t tap;
    if (shrink) {
      const double low = start + static_cast<double>(i) * scale;
      const double high = low + scale;
      tap = static_cast<int64_t>(low + kEdgeTolerance);
      tap = std::clamp(tap, begin, end - 1);
      first[at] = static_cast<int32_t>(tap);
      // The last pixel's share ends at `high` (or at the end of the source): always 1 in sum.
      for (int32_t k = 1;; ++k, ++tap) {
        const bool last = k == max_taps || tap + 1 >= end ||
                          static_cast<double>(tap + 1) >= high - kEdgeTolerance;
        shares.add_up_to(last ? 1.0 : (static_cast<double>(tap + 1) - low) / scale);
        if (last) break;
      }
    } else {
      const double center = start + (static_cast<double>(i) + 0.5) * scale - 0.5;
      const double floored = std::floor(center);
      tap = static_cast<int64_t>(floored);
      double fraction = center - floored;
      if (tap < begin) {
        tap = begin;
        fraction = 0;
      }
      if (tap > end - max_taps) {  // both taps must lie inside: lean on the last one
        fraction = tap >= end - 1 ? 1.0 : fraction;
        tap = end - max_taps;
      }
      first[at] = static_cast<int32_t>(tap);
      if (max_taps == 1) {
        shares.add_up_to(1.0);
      } else {
        shares.add_up_to(1.0 - fraction);
        shares.add_up_to(1.0);
      }
    }
  }
}

}  // namespace stoker
