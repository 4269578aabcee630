// Top-1, top-5 and cross-entropy over a validation set, every sample counted once.
//
// Plain value, one thread. Not supported: soft labels, more than one label a sample.
#pragma once

#include <cstdint>
#include <span>

#include "trainer/metrics/evaluation_sums.h"
#include "trainer/metrics/metric_sums.h"

namespace stoker {

struct ClassificationMetrics {
  uint64_t samples = 0;
  uint64_t top1 = 0;
  uint64_t top5 = 0;
  double loss = 0.0;  // sum over samples, natural logarithm, no label smoothing

  // logits[i * class_count + c] for sample i. A sample is right in the top k when fewer than k
  // classes beat its label; a class with an equal logit beats it when its index is lower, so that a
  // constant network gets no credit. A NaN beats every number, and is never right.
  // InvalidArgument: a label outside 0..class_count-1, or sizes that do not fit.
  void add(std::span<const float> logits, std::span<const int64_t> labels, int64_t class_count);

  // "loss", "samples", "top1", "top5": of this part of the data.
  EvaluationSums sums() const;
};

// "val_loss", "val_top1" and "val_top5" (shares, 0..1) of all parts' sums; InvalidArgument when
// there are no samples.
NamedValues classification_results(const EvaluationSums& sums);

}  // namespace stoker
