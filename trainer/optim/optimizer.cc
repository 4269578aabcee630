#include "trainer/optim/optimizer.h"

#include <cmath>

namespace stoker {
namespace {

std::vector<torch::Tensor> zeros_like(const std::vector<torch::Tensor>& tensors) {
  std::vector<torch::Tensor> zeros;
  for (const torch::Tensor& tensor : tensors)
    zeros.push_back(torch::zeros_like(tensor));
  return zeros;
}

}  // namespace

// The tensors of a step, without those parameters that got no gradient.
struct Optimizer::StepLists {
  explicit StepLists(const Group& group) {
    for (size_t i = 0; i < group.parameters.size(); ++i) {
      if (!group.parameters[i].grad().defined()) continue;
      parameters.push_back(group.parameters[i]);
      gradients.push_back(group.parameters[i].grad());
      first.push_back(group.first[i]);
      if (!group.second.empty()) second.push_back(group.second[i]);
    }
  }

  std::vector<torch::Tensor> parameters, gradients, first, second;
};

Optimizer::Optimizer(const OptimizerOptions& options, const torch::nn::Module& model)
    : options_(options), steps_done_(torch::zeros({}, torch::kInt64)) {
  const torch::NoGradGuard no_grad;
  groups_.resize(2);
  groups_[0].weight_decay = options.weight_decay;
  groups_[1].weight_decay = 0.0;
  for (const auto& item : model.named_parameters()) {
    Group& group = groups_[item.value().dim() > 1 ? 0 : 1];
    group.names.push_back(item.key());
    group.parameters.push_back(item.value());
  }
  for (Group& group : groups_) {
    group.first = zeros_like(group.parameters);
    if (options.name == "adamw") group.second = zeros_like(group.parameters);
  }
}

void Optimizer::zero_grad() {
  for (Group& group : groups_) {
    for (torch::Tensor& parameter : group.parameters)
      parameter.mutable_grad().reset();
  }
}

torch::Tensor Optimizer::gradient_norm() const {
  const torch::NoGradGuard no_grad;
  const std::vector<torch::Tensor> all = gradients();
  if (all.empty()) return torch::zeros({});
  return torch::stack(at::_foreach_norm(all)).norm();
}

void Optimizer::step(double learning_rate, double gradient_norm) {
  const torch::NoGradGuard no_grad;
  steps_done_.add_(1);
  if (options_.clip_grad_norm > 0.0 && gradient_norm > options_.clip_grad_norm) {
    at::_foreach_mul_(gradients(), options_.clip_grad_norm / (gradient_norm + 1e-6));
  }
  for (const Group& group : groups_) {
    StepLists lists(group);
    if (lists.parameters.empty()) continue;
    if (group.second.empty()) {
      step_sgd(lists, group.weight_decay, learning_rate);
    } else {
      step_adamw(lists, group.weight_decay, learning_rate);
    }
  }
}

NamedTensors Optimizer::state() const {
  NamedTensors state{{"steps_done", steps_done_}};
  for (const Group& group : groups_) {
    for (size_t i = 0; i < group.names.size(); ++i) {
      state.emplace_back("first." + group.names[i], group.first[i]);
      if (!group.second.empty()) state.emplace_back("second." + group.names[i], group.second[i]);
    }
  }
  return state;
}

std::vector<torch::Tensor> Optimizer::gradients() const {
  std::vector<torch::Tensor> all;
  for (const Group& group : groups_) {
    for (const torch::Tensor& parameter : group.parameters) {
      if (parameter.grad().defined()) all.push_back(parameter.grad());
    }
  }
  return all;
}

void Optimizer::step_sgd(StepLists& lists, double weight_decay, double learning_rate) {
  if (weight_decay != 0.0) {
    lists.gradients = at::_foreach_add(lists.gradients, lists.parameters, weight_decay);
  }
  at::_foreach_mul_(lists.first, options_.momentum);
  at::_foreach_add_(lists.first, lists.gradients, 1.0);
  if (options_.nesterov) {
    const std::vector<torch::Tensor> ahead =
        at::_foreach_add(lists.gradients, lists.first, options_.momentum);
    at::_foreach_add_(lists.parameters, ahead, -learning_rate);
  } else {
    at::_foreach_add_(lists.parameters, lists.first, -learning_rate);
  }
}

void Optimizer::step_adamw(StepLists& lists, double weight_decay, double learning_rate) {
  const double steps = static_cast<double>(steps_done_.item<int64_t>());
  const double correction1 = 1.0 - std::pow(options_.beta1, steps);
  const double correction2 = 1.0 - std::pow(options_.beta2, steps);
  at::_foreach_mul_(lists.parameters, 1.0 - learning_rate * weight_decay);
  at::_foreach_mul_(lists.first, options_.beta1);
  at::_foreach_add_(lists.first, lists.gradients, 1.0 - options_.beta1);
  at::_foreach_mul_(lists.second, options_.beta2);
  at::_foreach_addcmul_(lists.second, lists.gradients, lists.gradients, 1.0 - options_.beta2);
  std::vector<torch::Tensor> divisors = at::_foreach_sqrt(lists.second);
  at::_foreach_div_(divisors, std::sqrt(correction2));
  at::_foreach_add_(divisors, options_.epsilon);
  at::_foreach_addcdiv_(lists.parameters, lists.first, divisors, -learning_rate / correction1);
}

}  // namespace stoker
