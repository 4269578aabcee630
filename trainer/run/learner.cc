#include "trainer/run/learner.h"

#include <cmath>
#include <map>

#include "trainer/tensors/tensor_files.h"

namespace stoker {
namespace {

// All values of `tensors`, which are of one dtype, one after another: one kernel instead of many.
torch::Tensor gather(const std::vector<torch::Tensor>& tensors) {
  std::vector<torch::Tensor> flat;
  for (const torch::Tensor& tensor : tensors)
    flat.push_back(tensor.reshape({-1}));
  return torch::cat(flat);
}

void scatter(const torch::Tensor& values, std::vector<torch::Tensor>& tensors) {
  int64_t begin = 0;
  for (torch::Tensor& tensor : tensors) {
    tensor.copy_(values.narrow(0, begin, tensor.numel()).view(tensor.sizes()));
    begin += tensor.numel();
  }
}

}  // namespace

Learner::Learner(const OptimizerOptions& options, torch::nn::Module& model)
    : model_(model), optimizer_(options, model) {
  std::map<torch::ScalarType, std::vector<torch::Tensor>> by_type;
  for (const torch::Tensor& buffer : model.buffers())
    by_type[buffer.scalar_type()].push_back(buffer);
  for (auto& [type, tensors] : by_type)
    buffers_.push_back(std::move(tensors));
}

bool Learner::learn(TrainingTask& task, double samples, double learning_rate, MetricSums& sums) {
  std::vector<torch::Tensor> before;
  {
    const torch::NoGradGuard no_grad;
    for (const std::vector<torch::Tensor>& buffers : buffers_)
      before.push_back(gather(buffers));
  }
  optimizer_.zero_grad();
  MetricSums step_sums;
  const torch::Tensor loss = task.forward_loss(step_sums);
  loss.backward();
  // Fetched together: the device is waited for once a step.
  const torch::Tensor checked =
      torch::stack({loss.detach().to(torch::kFloat32), optimizer_.gradient_norm()}).cpu();
  const double loss_value = checked[0].item<double>();
  const double gradient_norm = checked[1].item<double>();
  if (!std::isfinite(loss_value) || !std::isfinite(gradient_norm)) {
    const torch::NoGradGuard no_grad;
    for (size_t i = 0; i < buffers_.size(); ++i)
      scatter(before[i], buffers_[i]);
    return false;
  }
  optimizer_.step(learning_rate, gradient_norm);
  step_sums.add("loss", loss_value * samples, samples);
  sums.add(step_sums);
  return true;
}

std::optional<std::string> Learner::find_not_finite() const {
  if (auto name = stoker::find_not_finite(state_dict(model_))) return name;
  if (auto name = stoker::find_not_finite(optimizer_.state())) return "optimiser's " + *name;
  return std::nullopt;
}

}  // namespace stoker
