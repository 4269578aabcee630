#include "samples/scroll_drawing.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

#include "libdata/core/parallel.h"
#include "libdata/core/random.h"

namespace stoker {
namespace {

constexpr float kPitchVoxels = 24;       // from sheet to sheet
constexpr float kHalfSheetVoxels = 2.5;  // of the labelled surface
constexpr double kLabelledShare = 0.45;
constexpr float kWarpVoxels = 9;

// Streams of draws: every purpose has its own "epoch", so that none depends on another.
enum class Draw : uint64_t { kAxis, kWarp, kTexture, kHidden, kGrain };

RandomStream stream(uint64_t seed, Draw draw, uint64_t sample = 0) {
  return {seed, static_cast<uint64_t>(draw), sample};
}

float smooth_step(float t) {
  return t * t * (3 - 2 * t);
}

// Smooth random values: a lattice of uniform draws in -1..1, interpolated.
class SmoothNoise {
 public:
  SmoothNoise(int64_t size, int64_t cell_voxels, RandomStream random)
      : cell_(static_cast<float>(cell_voxels)), side_(size / cell_voxels + 2) {
    values_.resize(static_cast<size_t>(side_ * side_ * side_));
    for (float& value : values_)
      value = 2 * random.next_float() - 1;
  }

  // The values along x at (z, y).
  void row(int64_t z, int64_t y, std::span<float> out) const {
    const Place pz = place(z);
    const Place py = place(y);
    for (size_t x = 0; x < out.size(); ++x) {
      const Place px = place(static_cast<int64_t>(x));
      const float low = mix(along_x(pz.cell, py.cell, px), along_x(pz.cell, py.cell + 1, px), py.t);
      const float high =
          mix(along_x(pz.cell + 1, py.cell, px), along_x(pz.cell + 1, py.cell + 1, px), py.t);
      out[x] = mix(low, high, pz.t);
    }
  }

 private:
  struct Place {
    int64_t cell;
    float t;
  };

  Place place(int64_t voxel) const {
    const float at = static_cast<float>(voxel) / cell_;
    const auto cell = static_cast<int64_t>(at);
    return {cell, smooth_step(at - static_cast<float>(cell))};
  }
  static float mix(float a, float b, float t) { return a + (b - a) * t; }
  float along_x(int64_t z, int64_t y, const Place& x) const {
    const float* line = values_.data() + (z * side_ + y) * side_ + x.cell;
    return mix(line[0], line[1], x.t);
  }

  float cell_;
  int64_t side_;
  std::vector<float> values_;
};

// The value that a share of `values` lies below.
float quantile(std::vector<float> values, double share) {
  const auto middle =
      values.begin() + static_cast<ptrdiff_t>(share * static_cast<double>(values.size()));
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Axis {  // of the spiral, along z
  float y;
  float x;
};

// Where between two sheets a voxel lies: 0.5 in the middle of a sheet.
float sheet_phase(float y, float x, float warp_voxels, const Axis& axis) {
  const float dy = y - axis.y;
  const float dx = x - axis.x;
  const float radius = std::hypot(dy, dx) + warp_voxels;
  const float turns = std::atan2(dy, dx) / (2 * std::numbers::pi_v<float>);
  const float phase = radius / kPitchVoxels - turns;
  return phase - std::floor(phase);
}

bool in_margin(int64_t i, int64_t size) {
  return i < kScrollMarginVoxels || i >= size - kScrollMarginVoxels;
}

}  // namespace

DrawnScroll draw_scroll(int64_t size, uint64_t seed) {
  RandomStream random = stream(seed, Draw::kAxis);
  const auto extent = static_cast<float>(size);
  const Axis axis{static_cast<float>(random.next_uniform(-0.3, 1.3)) * extent,
                  static_cast<float>(random.next_uniform(-0.3, 1.3)) * extent};
  const SmoothNoise warp(size, 16, stream(seed, Draw::kWarp));
  const SmoothNoise texture(size, 3, stream(seed, Draw::kTexture));
  const SmoothNoise hidden(size, 24, stream(seed, Draw::kHidden));

  const auto count = static_cast<size_t>(size * size * size);
  const auto row_voxels = static_cast<size_t>(size);
  DrawnScroll scroll{{{size, size, size}, std::vector<uint8_t>(count)},
                     {{size, size, size}, std::vector<uint8_t>(count)}};
  std::vector<float> hiddenness(count);
  run_parallel(static_cast<uint64_t>(size), [&](uint64_t plane) {
    const auto z = static_cast<int64_t>(plane);
    RandomStream grain = stream(seed, Draw::kGrain, plane);
    std::vector<float> warps(row_voxels);
    std::vector<float> textures(row_voxels);
    for (int64_t y = 0; y < size; ++y) {
      const auto row = static_cast<size_t>((z * size + y) * size);
      warp.row(z, y, warps);
      texture.row(z, y, textures);
      hidden.row(z, y, {hiddenness.data() + row, row_voxels});
      for (size_t x = 0; x < row_voxels; ++x) {
        const float phase =
            sheet_phase(static_cast<float>(y), static_cast<float>(x), kWarpVoxels * warps[x], axis);
        const float off = (phase - 0.5f) * 8;
        const float sheet = std::exp(-off * off);
        const float noise = grain.next_float() + grain.next_float() - 1;  // triangular, -1..1
        const float value = 60 + 110 * sheet + 36 * textures[x] * (0.4f + sheet) + 15 * noise;
        scroll.image.voxels[row + x] = static_cast<uint8_t>(std::clamp(value, 1.0f, 255.0f));
        scroll.label.voxels[row + x] =
            std::abs(phase - 0.5f) * kPitchVoxels < kHalfSheetVoxels ? 1 : 0;
      }
    }
  });

  const float limit = quantile(hiddenness, kLabelledShare);
  run_parallel(static_cast<uint64_t>(size), [&](uint64_t plane) {
    const auto z = static_cast<int64_t>(plane);
    for (int64_t y = 0; y < size; ++y) {
      const auto row = static_cast<size_t>((z * size + y) * size);
      for (int64_t x = 0; x < size; ++x) {
        const size_t i = row + static_cast<size_t>(x);
        const bool margin = in_margin(y, size) || in_margin(x, size);
        if (margin) scroll.image.voxels[i] = 0;
        if (margin || z == 0 || z == size - 1 || hiddenness[i] > limit) scroll.label.voxels[i] = 2;
      }
    }
  });
  return scroll;
}

}  // namespace stoker
