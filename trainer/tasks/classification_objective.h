// Cross-entropy of classes with label smoothing, as torch.nn.functional.cross_entropy computes its
// mean: to the bit, as long as it is made from one batch (tested). Of mixed images it is
// own_share times that of their own classes, and the rest of 1 times that of their partners'.
#pragma once

#include "trainer/tasks/objective.h"

namespace stoker {

class ClassificationObjective : public Objective {
 public:
  ClassificationObjective(double label_smoothing, int64_t class_count)
      : label_smoothing_(label_smoothing), class_count_(class_count) {}

  // The label's own share and, where there is smoothing, the one spread over all classes.
  std::vector<LossTerm> terms() const override;
  std::vector<torch::Tensor> weights(const DeviceBatch& batch) const override;
  // `outputs`: logits [N, classes]; target: int64 [N].
  std::vector<torch::Tensor> sums(const torch::Tensor& outputs,
                                  const DeviceBatch& batch) const override;

 private:
  const double label_smoothing_;
  const int64_t class_count_;
};

}  // namespace stoker
