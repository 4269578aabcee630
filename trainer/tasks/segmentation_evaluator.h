// Dice, surface Dice and VOI score of a U-Net on whole validation volumes.
//
// Ownership: shares the network, keeps the split. Errors: those of its data, unless --on-error
// leaves damaged volumes out.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "libdata/loader/skipped_samples.h"
#include "libdata/shard/joined_split.h"
#include "trainer/metrics/extreme_samples.h"
#include "trainer/metrics/segmentation_scores.h"
#include "trainer/models/segmentation_network.h"
#include "trainer/options/train_options.h"
#include "trainer/tasks/evaluator.h"

namespace stoker {

class SegmentationEvaluator : public Evaluator {
 public:
  SegmentationEvaluator(const TrainOptions& options, std::shared_ptr<const JoinedSplit> data,
                        SegmentationNetwork network, const torch::Device& device);

  EvaluationSums evaluate() override;
  // Means over volumes.
  NamedValues finish(const EvaluationSums& sums) const override;
  std::vector<BestMetric> best_metrics() const override {
    return {{"val_surface_dice"}, {"val_dice"}, {"val_voi_score"}};
  }
  // Volumes by Dice.
  SampleGallery gallery() const override;
  std::vector<SkippedSample> skipped() const override { return skipped_.sorted(); }

 private:
  std::optional<SegmentationScores> score_volume(uint64_t sample) const;
  void check_volume_hashes(uint64_t sample) const;

  const TrainOptions options_;
  const std::shared_ptr<const JoinedSplit> data_;
  const SegmentationNetwork network_;
  const torch::Device device_;
  SkippedSamples skipped_;
  uint64_t evaluations_ = 0;
  std::optional<ExtremeSamples> extremes_;  // of the last one; the loss is 1 - Dice
};

}  // namespace stoker
