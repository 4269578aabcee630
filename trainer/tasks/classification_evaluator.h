// Top-1, top-5, cross-entropy, F1 and AUC of a classifier on validation images.
//
// With `flips` each image is judged by the mean of its logits and its mirror image's (left and
// right changed). Ownership: shares network and data, owns the feed. Errors: those of the feed.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <optional>
#include <vector>

#include "libdata/shard/joined_split.h"
#include "trainer/feed/batch_feed.h"
#include "trainer/metrics/extreme_samples.h"
#include "trainer/tasks/evaluator.h"

namespace stoker {

class ClassificationEvaluator : public Evaluator {
 public:
  ClassificationEvaluator(torch::nn::AnyModule network, std::unique_ptr<BatchFeed> feed,
                          int64_t class_count, bool flips = false,
                          std::shared_ptr<const JoinedSplit> data = nullptr);

  EvaluationSums evaluate() override;
  NamedValues finish(const EvaluationSums& sums) const override;
  std::vector<BestMetric> best_metrics() const override;
  // Names, classes and pictures are those of `data`; without it there is none.
  SampleGallery gallery() const override;
  std::vector<SkippedSample> skipped() const override { return feed_->skipped(); }

 private:
  // float32 [N, classes], on the CPU.
  torch::Tensor logits_of(const torch::Tensor& images);
  ShownSample show(const JudgedSample& sample) const;

  torch::nn::AnyModule network_;
  const std::unique_ptr<BatchFeed> feed_;
  const int64_t class_count_;
  const bool flips_;
  const std::shared_ptr<const JoinedSplit> data_;
  std::optional<ExtremeSamples> extremes_;  // of the last evaluation
  uint64_t evaluations_ = 0;
};

}  // namespace stoker
