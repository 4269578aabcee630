#include "trainer/predict/sliding_window.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace {

constexpr double kSigmaShare = 1.0 / 8.0;  // of the window's side

std::vector<float> gaussian_profile(int64_t window) {
  const double middle = static_cast<double>(window - 1) / 2.0;
  const double sigma = static_cast<double>(window) * kSigmaShare;
  std::vector<float> profile(static_cast<size_t>(window));
  for (size_t i = 0; i < profile.size(); ++i) {
    const double off = (static_cast<double>(i) - middle) / sigma;
    profile[i] = static_cast<float>(std::exp(-0.5 * off * off));
  }
  return profile;
}

std::vector<float> sum_profiles(int64_t size, const std::vector<int64_t>& begins,
                                const std::vector<float>& profile) {
  std::vector<float> sums(static_cast<size_t>(size), 0.0f);
  for (const int64_t begin : begins) {
    for (size_t i = 0; i < profile.size(); ++i) {
      const size_t at = static_cast<size_t>(begin) + i;
      if (at < sums.size()) sums[at] += profile[i];
    }
  }
  return sums;
}

}  // namespace

std::vector<int64_t> window_begins(int64_t size, int64_t window, double overlap) {
  if (size < 1 || window < 1 || !(overlap >= 0.0 && overlap < 1.0)) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "expected a window of 1 voxel or more and an overlap from 0 to less than 1, found " +
            std::to_string(window) + " and " + std::to_string(overlap));
  }
  if (size <= window) return {0};
  const auto step = std::max<int64_t>(
      1, static_cast<int64_t>(std::floor(static_cast<double>(window) * (1.0 - overlap))));
  const int64_t span = size - window;
  const int64_t steps = (span + step - 1) / step;
  std::vector<int64_t> begins;
  for (int64_t i = 0; i <= steps; ++i)
    begins.push_back((span * i + steps / 2) / steps);
  return begins;
}

WindowBlend::WindowBlend(const Zyx& size_zyx, const Zyx& window_zyx, double overlap)
    : size_zyx_(size_zyx), window_zyx_(window_zyx) {
  std::array<std::vector<int64_t>, 3> begins;
  for (size_t axis = 0; axis < 3; ++axis) {
    begins[axis] = window_begins(size_zyx[axis], window_zyx[axis], overlap);
    profile_[axis] = gaussian_profile(window_zyx[axis]);
    weight_sum_[axis] = sum_profiles(size_zyx[axis], begins[axis], profile_[axis]);
  }
  for (const int64_t z : begins[0]) {
    for (const int64_t y : begins[1]) {
      for (const int64_t x : begins[2])
        begins_.push_back({z, y, x});
    }
  }
  sums_.assign(static_cast<size_t>(size_zyx[0] * size_zyx[1] * size_zyx[2]), 0.0f);
}

void WindowBlend::add(const Zyx& begin_zyx, std::span<const float> values_zyx) {
  if (static_cast<int64_t>(values_zyx.size()) != window_zyx_[0] * window_zyx_[1] * window_zyx_[2]) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected the values of one window, found " + std::to_string(values_zyx.size()));
  }
  Zyx count;  // of the window, inside the volume
  for (size_t axis = 0; axis < 3; ++axis)
    count[axis] = std::min(window_zyx_[axis], size_zyx_[axis] - begin_zyx[axis]);
  run_parallel(static_cast<uint64_t>(count[0]), [&](uint64_t slice) {
    const auto z = static_cast<int64_t>(slice);
    for (int64_t y = 0; y < count[1]; ++y) {
      const float weight = profile_[0][slice] * profile_[1][static_cast<size_t>(y)];
      const float* in = values_zyx.data() + (z * window_zyx_[1] + y) * window_zyx_[2];
      float* out = sums_.data() +
                   ((begin_zyx[0] + z) * size_zyx_[1] + begin_zyx[1] + y) * size_zyx_[2] +
                   begin_zyx[2];
      for (int64_t x = 0; x < count[2]; ++x)
        out[x] += weight * profile_[2][static_cast<size_t>(x)] * in[x];
    }
  });
}

std::vector<float> WindowBlend::finish() {
  run_parallel(static_cast<uint64_t>(size_zyx_[0]), [&](uint64_t z) {
    float* value = sums_.data() + static_cast<int64_t>(z) * size_zyx_[1] * size_zyx_[2];
    for (const float weight_y : weight_sum_[1]) {
      for (const float weight_x : weight_sum_[2])
        *value++ /= weight_sum_[0][z] * weight_y * weight_x;
    }
  });
  return std::move(sums_);
}

}  // namespace stoker
