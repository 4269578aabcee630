#include "trainer/tasks/segmentation_objective.h"

#include <string>
#include <utility>

#include "libdata/core/error.h"
#include "trainer/losses/segmentation_losses.h"

namespace stoker {
namespace {

torch::Tensor count_samples(const DeviceBatch& batch) {
  return torch::full({}, static_cast<double>(batch.target.size(0)),
                     torch::TensorOptions().dtype(torch::kFloat32).device(batch.target.device()));
}

DeviceBatch drop_padding(const DeviceBatch& batch) {
  if (batch.padding == 0) return batch;
  DeviceBatch kept = batch;
  kept.target = without_padding(batch.target, batch);
  if (batch.distance.defined()) kept.distance = without_padding(batch.distance, batch);
  return kept;
}

}  // namespace

SegmentationObjective::SegmentationObjective(const LossOptions& options,
                                             const torch::Device& device) {
  const torch::Tensor class_weights =
      torch::tensor({options.class_weights[0], options.class_weights[1]}, torch::kFloat32)
          .to(device);
  add_part(
      "loss_ce", options.cross_entropy,
      [=](const DeviceBatch& batch) { return cross_entropy_weight(batch.target, class_weights); },
      [=, smoothing = options.label_smoothing](const torch::Tensor& logits,
                                               const DeviceBatch& batch) {
        return cross_entropy_sum(logits, batch.target, class_weights, smoothing);
      });
  add_part("loss_dice", options.dice, count_samples,
           [](const torch::Tensor& logits, const DeviceBatch& batch) {
             return soft_dice_sum(logits, batch.target);
           });
  add_part("loss_cldice", options.cl_dice, count_samples,
           [iterations = options.cl_dice_iterations](const torch::Tensor& logits,
                                                     const DeviceBatch& batch) {
             return cl_dice_sum(logits, batch.target, iterations);
           });
  add_part(
      "loss_boundary", options.boundary,
      [](const DeviceBatch& batch) { return boundary_weight(batch.target); },
      [](const torch::Tensor& logits, const DeviceBatch& batch) {
        return boundary_sum(logits, batch.target, batch.distance);
      });
  if (parts_.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "every term of the loss has weight 0");
  }
  if (parts_.size() == 1) parts_.front().term.figure.clear();
}

void SegmentationObjective::add_part(const char* name, double factor, decltype(Part::weight) weight,
                                     decltype(Part::sum) sum) {
  if (factor > 0.0) parts_.push_back({{name, factor}, std::move(weight), std::move(sum)});
}

std::vector<LossTerm> SegmentationObjective::terms() const {
  std::vector<LossTerm> terms;
  for (const Part& part : parts_)
    terms.push_back(part.term);
  return terms;
}

std::vector<torch::Tensor> SegmentationObjective::weights(const DeviceBatch& batch) const {
  const DeviceBatch kept = drop_padding(batch);
  std::vector<torch::Tensor> weights;
  for (const Part& part : parts_)
    weights.push_back(part.weight(kept));
  return weights;
}

std::vector<torch::Tensor> SegmentationObjective::sums(const torch::Tensor& outputs,
                                                       const DeviceBatch& batch) const {
  const DeviceBatch kept = drop_padding(batch);
  const torch::Tensor logits = without_padding(outputs, batch);
  std::vector<torch::Tensor> sums;
  for (const Part& part : parts_)
    sums.push_back(part.sum(logits, kept));
  return sums;
}

}  // namespace stoker
