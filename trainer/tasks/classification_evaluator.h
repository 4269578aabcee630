// Top-1, top-5 and cross-entropy of a classifier on validation images.
//
// Ownership: shares the network, owns the feed. Errors: those of the feed.
#pragma once

#include <torch/torch.h>

#include <memory>

#include "trainer/feed/batch_feed.h"
#include "trainer/tasks/evaluator.h"

namespace stoker {

class ClassificationEvaluator : public Evaluator {
 public:
  ClassificationEvaluator(torch::nn::AnyModule network, std::unique_ptr<BatchFeed> feed,
                          int64_t class_count);

  EvaluationSums evaluate() override;
  NamedValues finish(const EvaluationSums& sums) const override;
  std::string best_metric() const override { return "val_top1"; }
  std::vector<SkippedSample> skipped() const override { return feed_->skipped(); }

 private:
  torch::nn::AnyModule network_;
  const std::unique_ptr<BatchFeed> feed_;
  const int64_t class_count_;
  uint64_t evaluations_ = 0;
};

}  // namespace stoker
