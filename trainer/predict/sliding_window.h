// Where windows lie over a volume, and how what they say is blended: a weighted mean, weights
// falling off towards each window's faces like a Gaussian.
//
// Thread-safety: plain values; a WindowBlend belongs to one thread, which uses many. Units: voxels.
// Errors: InvalidArgument for a window or overlap that makes no sense.
// Source: F. Isensee et al., "nnU-Net", 2021: sigma is an eighth of the window's side.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "libdata/volume/volume_geometry.h"

namespace stoker {

// Along one axis: first 0, last ending at `size`, evenly spaced at no more than (1 - overlap) of
// the window apart. Where the volume is no larger than the window: 0 alone.
std::vector<int64_t> window_begins(int64_t size, int64_t window, double overlap);

class WindowBlend {
 public:
  // Windows may be larger than the volume: what lies beyond it is left out.
  WindowBlend(const Zyx& size_zyx, const Zyx& window_zyx, double overlap);

  // All windows, x fastest.
  const std::vector<Zyx>& begins() const { return begins_; }

  // `values_zyx`: one value a voxel of the window. Each window once, in the order of begins(), so
  // that sums come out the same at any number of threads.
  void add(const Zyx& begin_zyx, std::span<const float> values_zyx);

  // The weighted mean at each voxel, once every window was added.
  std::vector<float> finish();

 private:
  Zyx size_zyx_;
  Zyx window_zyx_;
  std::vector<Zyx> begins_;
  std::array<std::vector<float>, 3> profile_;     // weight within a window, by axis
  std::array<std::vector<float>, 3> weight_sum_;  // over windows; that of a voxel is the product
  std::vector<float> sums_;
};

}  // namespace stoker
