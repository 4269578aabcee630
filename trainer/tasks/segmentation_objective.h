// Cross-entropy, soft Dice, clDice and boundary loss of surfaces, those whose weight is not 0.
//
// Errors: InvalidArgument where all are 0.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <vector>

#include "trainer/options/segmentation_options.h"
#include "trainer/tasks/objective.h"

namespace stoker {

class SegmentationObjective : public Objective {
 public:
  SegmentationObjective(const LossOptions& options, const torch::Device& device);

  // "loss_ce", "loss_dice", "loss_cldice", "loss_boundary"; of one alone no figure.
  std::vector<LossTerm> terms() const override;
  std::vector<torch::Tensor> weights(const DeviceBatch& batch) const override;
  // `outputs`: logits [N, 2, z, y, x].
  std::vector<torch::Tensor> sums(const torch::Tensor& outputs,
                                  const DeviceBatch& batch) const override;

 private:
  struct Part {
    LossTerm term;
    std::function<torch::Tensor(const DeviceBatch&)> weight;
    std::function<torch::Tensor(const torch::Tensor& logits, const DeviceBatch&)> sum;
  };
  void add_part(const char* name, double factor, decltype(Part::weight) weight,
                decltype(Part::sum) sum);

  std::vector<Part> parts_;
};

}  // namespace stoker
