// Cross-entropy of classes with label smoothing, as torch.nn.functional.cross_entropy computes its
// mean: to the bit, as long as it is made from one batch (tested). Of mixed images it is
// own_share times that of their own classes, and the rest of 1 times that of their partners'.
#pragma once

#include "trainer/tasks/objective.h"

namespace stoker {

class ClassificationObjective : public Objective {
 public:
  // `shows_accuracy`: of the run as a whole; not for one that mixes images, of which the batches
  // that are left as they are would be a chance selection.
  ClassificationObjective(double label_smoothing, int64_t class_count, bool shows_accuracy = true)
      : label_smoothing_(label_smoothing),
        class_count_(class_count),
        shows_accuracy_(shows_accuracy) {}

  // The label's own share and, where there is smoothing, the one spread over all classes.
  std::vector<LossTerm> terms() const override;
  std::vector<torch::Tensor> weights(const DeviceBatch& batch) const override;
  // `outputs`: logits [N, classes]; target: int64 [N].
  std::vector<torch::Tensor> sums(const torch::Tensor& outputs,
                                  const DeviceBatch& batch) const override;
  // The number of samples that are right, as kAccuracyFigure; none of a batch whose images are
  // mixed.
  std::vector<BatchFigure> figures(const torch::Tensor& outputs,
                                   const DeviceBatch& batch) const override;

 private:
  const double label_smoothing_;
  const int64_t class_count_;
  const bool shows_accuracy_;
};

}  // namespace stoker
