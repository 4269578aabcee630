#include "trainer/metrics/segmentation_scores.h"

#include <string>
#include <vector>

#include "libdata/core/error.h"
#include "trainer/metrics/surface_dice.h"
#include "trainer/metrics/voi_score.h"

namespace stoker {
namespace {

struct MaskPair {
  std::vector<uint8_t> truth;
  std::vector<uint8_t> prediction;
};

MaskPair masks_without_ignored(std::span<const uint8_t> labels,
                               std::span<const uint8_t> prediction) {
  MaskPair masks{std::vector<uint8_t>(labels.size()), std::vector<uint8_t>(labels.size())};
  uint8_t highest = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    highest = labels[i] > highest ? labels[i] : highest;
    masks.truth[i] = labels[i] == kSurfaceLabel;
    masks.prediction[i] = prediction[i] != 0 && labels[i] != kIgnoreLabel;
  }
  if (highest > kIgnoreLabel) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected labels 0, 1 and 2, found " + std::to_string(highest));
  }
  return masks;
}

double dice(const MaskPair& masks) {
  uint64_t both = 0;
  uint64_t sum = 0;
  for (size_t i = 0; i < masks.truth.size(); ++i) {
    both += masks.truth[i] & masks.prediction[i];
    sum += static_cast<uint64_t>(masks.truth[i]) + masks.prediction[i];
  }
  return sum == 0 ? 1.0 : 2.0 * static_cast<double>(both) / static_cast<double>(sum);
}

}  // namespace

SegmentationScores score_segmentation(const Zyx& size_zyx, std::span<const uint8_t> labels_zyx,
                                      std::span<const uint8_t> prediction_zyx) {
  const auto voxels = static_cast<size_t>(size_zyx[0] * size_zyx[1] * size_zyx[2]);
  if (labels_zyx.size() != voxels || prediction_zyx.size() != voxels) {
    throw Error(ErrorCode::kInvalidArgument, "expected labels and prediction of " +
                                                 std::to_string(voxels) + " voxels, found " +
                                                 std::to_string(labels_zyx.size()) + " and " +
                                                 std::to_string(prediction_zyx.size()));
  }
  const MaskPair masks = masks_without_ignored(labels_zyx, prediction_zyx);
  SegmentationScores scores;
  scores.dice = dice(masks);
  scores.surface_dice =
      surface_dice(size_zyx, masks.truth, masks.prediction, kSurfaceToleranceVoxels);
  scores.voi_score = voi_score(variation_of_information(size_zyx, masks.truth, masks.prediction));
  return scores;
}

}  // namespace stoker
