// How a classifier does on a validation set, every sample counted once: top-1, top-5,
// cross-entropy, the confusion matrix, F1 and the area under the ROC curve of each class against
// the rest.
//
// Plain value, one thread. Memory: where AUC is computed, 4 bytes a class and sample (58,954 images
// of 6 classes: 1.4 MB), within the bounds below.
// Not supported: soft labels, more than one label a sample.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "trainer/metrics/confusion.h"
#include "trainer/metrics/evaluation_sums.h"
#include "trainer/metrics/extreme_samples.h"
#include "trainer/metrics/metric_sums.h"

namespace stoker {

// AUC of more classes, or with more scores in one process, is not computed: all would be kept
// (1,000 classes of 50,000 images: 200 MB), and it says little there.
inline constexpr size_t kMostScoredClasses = 100;
inline constexpr size_t kMostScores = size_t{1} << 26;
// A confusion matrix of more classes is not kept: it grows with their square.
inline constexpr size_t kMostConfusedClasses = 1024;

struct ClassificationMetrics {
  uint64_t samples = 0;
  uint64_t top1 = 0;
  uint64_t top5 = 0;
  double loss = 0.0;  // sum over samples, natural logarithm, no label smoothing

  // logits[i * class_count + c] for sample i. A sample is right in the top k when fewer than k
  // classes beat its label; a class with an equal logit beats it when its index is lower, so that a
  // constant network gets no credit. A NaN beats every number, and is never right.
  // InvalidArgument: a label outside 0..class_count-1, or sizes that do not fit. `ids`: of the
  // samples, for `extremes`; empty: they are nobody's.
  void add(std::span<const float> logits, std::span<const int64_t> labels, int64_t class_count,
           std::span<const uint64_t> ids = {});

  ClassCounts classes;            // confusion.h
  std::vector<double> confusion;  // [label][prediction], samples; up to kMostConfusedClasses
  // [sample][class], log odds of the softmax: the order of the probabilities, without the ties of
  // those that are 1 but for rounding. Up to the bounds above.
  std::vector<float> scores;
  std::vector<float> labels;  // [sample], beside scores
  ExtremeSamples extremes;    // by loss, of this part of the data; no sums stand for them

  // "loss", "samples", "top1", "top5", "support", "predicted", "right" (by class), "confusion",
  // gathered "scores" and "labels": of this part of the data.
  EvaluationSums sums() const;

 private:
  // The class it was taken for, and its loss.
  std::pair<size_t, double> add_sample(std::span<const float> logits, size_t label);
};

// "val_loss", "val_top1", "val_top5" (shares, 0..1), "val_macro_f1" and, up to kMostScoredClasses,
// "val_macro_auc" of all parts' sums. Classes that no sample is of and none was taken for stay out
// of F1's mean, classes without samples out of AUC's. InvalidArgument when there are no samples.
NamedValues classification_results(const EvaluationSums& sums);

// The number of classes of sums made by ClassificationMetrics; 0 without samples.
int64_t class_count_of(const EvaluationSums& sums);
std::vector<ClassScore> class_scores(const EvaluationSums& sums);
// Of each class; empty where not all samples' scores were kept.
std::vector<std::optional<double>> class_aucs(const EvaluationSums& sums);

}  // namespace stoker
