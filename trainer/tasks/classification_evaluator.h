// Top-1, top-5, cross-entropy, F1 and AUC of a classifier on validation images.
//
// With `flips` each image is judged by the mean of its logits and its mirror image's (left and
// right changed). Ownership: shares the network, owns the feed. Errors: those of the feed.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "trainer/feed/batch_feed.h"
#include "trainer/tasks/evaluator.h"

namespace stoker {

class ClassificationEvaluator : public Evaluator {
 public:
  ClassificationEvaluator(torch::nn::AnyModule network, std::unique_ptr<BatchFeed> feed,
                          int64_t class_count, bool flips = false);

  EvaluationSums evaluate() override;
  NamedValues finish(const EvaluationSums& sums) const override;
  std::vector<BestMetric> best_metrics() const override;
  std::vector<SkippedSample> skipped() const override { return feed_->skipped(); }

 private:
  // float32 [N, classes], on the CPU.
  torch::Tensor logits_of(const torch::Tensor& images);

  torch::nn::AnyModule network_;
  const std::unique_ptr<BatchFeed> feed_;
  const int64_t class_count_;
  const bool flips_;
  uint64_t evaluations_ = 0;
};

}  // namespace stoker
