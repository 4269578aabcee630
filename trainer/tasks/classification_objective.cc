#include "trainer/tasks/classification_objective.h"

#include "trainer/metrics/metric_sums.h"

namespace stoker {

std::vector<LossTerm> ClassificationObjective::terms() const {
  std::vector<LossTerm> terms{{"", 1.0 - label_smoothing_}};
  if (label_smoothing_ > 0.0)
    terms.push_back({"", label_smoothing_ / static_cast<double>(class_count_)});
  return terms;
}

std::vector<torch::Tensor> ClassificationObjective::weights(const DeviceBatch& batch) const {
  const bool by_class = class_weights_.defined() && !batch.partner_target.defined();
  const torch::Tensor weight =
      by_class ? class_weights_.index_select(0, without_padding(batch.target, batch)).sum()
               : torch::full(
                     {}, static_cast<double>(batch.samples - batch.padding),
                     torch::TensorOptions().dtype(torch::kFloat32).device(batch.target.device()));
  return std::vector<torch::Tensor>(terms().size(), weight);
}

std::vector<torch::Tensor> ClassificationObjective::sums(const torch::Tensor& outputs,
                                                         const DeviceBatch& batch) const {
  const torch::Tensor log_p =
      torch::log_softmax(without_padding(outputs, batch).to(torch::kFloat32), 1);
  const auto of_classes = [&](const torch::Tensor& target) {
    return torch::nll_loss(log_p, without_padding(target, batch), class_weights_,
                           at::Reduction::Sum);
  };
  std::vector<torch::Tensor> sums{of_classes(batch.target)};
  if (batch.partner_target.defined())
    sums[0] =
        batch.own_share * sums[0] + (1.0 - batch.own_share) * of_classes(batch.partner_target);
  if (label_smoothing_ > 0.0) {
    const torch::Tensor each = class_weights_.defined() ? log_p * class_weights_ : log_p;
    sums.push_back((-each.sum(1)).sum());
  }
  return sums;
}

std::vector<BatchFigure> ClassificationObjective::figures(const torch::Tensor& outputs,
                                                          const DeviceBatch& batch) const {
  if (!shows_accuracy_ || batch.partner_target.defined()) return {};
  const torch::NoGradGuard no_grad;
  const torch::Tensor predicted = without_padding(outputs, batch).argmax(1);
  return {{kAccuracyFigure, predicted.eq(without_padding(batch.target, batch)).sum()}};
}

}  // namespace stoker
