// Sums of feature channels over a volume that many threads compute in boxes, for FeatureMoments.
//
// Thread-safety: add may be called from many threads at once, for rows of different cells (a plane
// and a strip of 32 rows). In a header: it is called for every row.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "libdata/volume/bricks.h"
#include "libdata/volume/feature_kernel.h"
#include "libdata/volume/features.h"

namespace stoker {

// Sums of each plane and strip of 32 rows, so that the total is the same however boxes are cut as
// long as they are cut there.
class MomentTable {
 public:
  explicit MomentTable(const Zyx& size_zyx)
      : voxels_(static_cast<double>(size_zyx[0] * size_zyx[1] * size_zyx[2])),
        strips_((size_zyx[1] + kBrickEdge - 1) / kBrickEdge),
        cells_(static_cast<size_t>(size_zyx[0] * strips_)) {}

  void add(int first_channel, int64_t z, int64_t y, const RowMoments& row) {
    Cell& cell = cells_[static_cast<size_t>(z * strips_ + y / kBrickEdge)];
    for (int c = 0; c < 3; ++c) {
      cell.sum[first_channel + c] += total(row.sum[c]);
      cell.square[first_channel + c] += total(row.square[c]);
    }
  }

  FeatureMoments moments() const {
    Cell all;
    for (const Cell& cell : cells_) {
      for (size_t c = 0; c < kScroll6Channels; ++c) {
        all.sum[c] += cell.sum[c];
        all.square[c] += cell.square[c];
      }
    }
    FeatureMoments moments;
    for (size_t c = 0; c < kScroll6Channels; ++c) {
      const double mean = all.sum[c] / voxels_;
      moments.mean[c] = mean;
      moments.stddev[c] = std::sqrt(std::max(0.0, all.square[c] / voxels_ - mean * mean));
    }
    return moments;
  }

 private:
  struct Cell {
    double sum[kScroll6Channels] = {};
    double square[kScroll6Channels] = {};
  };

  static double total(const float (&lanes)[kMomentLanes]) {
    double halves[kMomentLanes / 2];
    for (int i = 0; i < kMomentLanes / 2; ++i) {
      halves[i] = static_cast<double>(lanes[i]) + static_cast<double>(lanes[i + kMomentLanes / 2]);
    }
    for (int width = kMomentLanes / 4; width > 0; width /= 2) {
      for (int i = 0; i < width; ++i)
        halves[i] += halves[i + width];
    }
    return halves[0];
  }

  double voxels_;
  int64_t strips_;
  std::vector<Cell> cells_;
};

}  // namespace stoker
