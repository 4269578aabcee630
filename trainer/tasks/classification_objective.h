// Cross-entropy of classes with label smoothing and class weights, as
// torch.nn.functional.cross_entropy computes its mean: without weights to the bit, as long as it is
// made from one batch (tested). Of mixed images it is that of probabilities as targets: own_share
// of the own class, the rest of 1 of the partner's. Class weights multiply what a sample adds, and
// what is divided by is the sum of its samples' weights; of mixed images, which have no one class,
// their number, as torch has it.
#pragma once

#include <utility>

#include "trainer/tasks/objective.h"

namespace stoker {

class ClassificationObjective : public Objective {
 public:
  // `shows_accuracy`: of the run as a whole; not for one that mixes images, of which the batches
  // that are left as they are would be a chance selection.
  // `class_weights`: float32 [classes] on the device of the batches; undefined: all 1.
  ClassificationObjective(double label_smoothing, int64_t class_count, bool shows_accuracy = true,
                          torch::Tensor class_weights = {})
      : label_smoothing_(label_smoothing),
        class_count_(class_count),
        shows_accuracy_(shows_accuracy),
        class_weights_(std::move(class_weights)) {}

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
  const torch::Tensor class_weights_;
};

}  // namespace stoker
