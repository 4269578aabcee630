// All scores of one predicted surface, and their mean over volumes.
//
// Thread-safety: plain values and free functions. Shapes: z, y, x, x fastest. Labels: 0 background,
// 1 surface, 2 ignored: such voxels are taken out of both masks before anything else. Errors:
// InvalidArgument for sizes that do not fit, or a label outside 0..2.
#pragma once

#include <cstdint>
#include <span>

#include "libdata/volume/volume_geometry.h"

namespace stoker {

inline constexpr uint8_t kSurfaceLabel = 1;
inline constexpr uint8_t kIgnoreLabel = 2;
inline constexpr double kSurfaceToleranceVoxels = 2.0;

struct SegmentationScores {
  double dice = 0.0;          // of voxels; both masks empty: 1
  double surface_dice = 0.0;  // at kSurfaceToleranceVoxels
  double voi_score = 0.0;
};

// `prediction_zyx`: anything but 0 is surface.
SegmentationScores score_segmentation(const Zyx& size_zyx, std::span<const uint8_t> labels_zyx,
                                      std::span<const uint8_t> prediction_zyx);

}  // namespace stoker
