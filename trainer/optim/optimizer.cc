#include "trainer/optim/optimizer.h"

#include <cmath>
#include <limits>

namespace stoker {
namespace {

// `yes` where `taken`, else `no`: a factor that is known to the device alone.
torch::Tensor choose(const torch::Tensor& taken, double yes, double no) {
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(taken.device());
  return torch::where(taken, torch::full({}, yes, options), torch::full({}, no, options));
}

}  // namespace

Optimizer::Optimizer(const OptimizerOptions& options, const torch::nn::Module& model)
    : options_(options), steps_done_(torch::zeros({}, torch::kInt64)) {
  const torch::NoGradGuard no_grad;
  groups_.resize(2);
  groups_[0].weight_decay = options.weight_decay;
  groups_[1].weight_decay = 0.0;
  std::vector<std::vector<torch::Tensor>> parameters(2);
  for (const auto& item : model.named_parameters()) {
    const size_t group = item.value().dim() > 1 ? 0 : 1;
    groups_[group].names.push_back(item.key());
    parameters[group].push_back(item.value());
  }
  for (size_t g = 0; g < groups_.size(); ++g) {
    Group& group = groups_[g];
    group.parameters = flatten(parameters[g]);
    group.gradients = zeros_like(parameters[g]);
    group.first = zeros_like(parameters[g]);
    if (options.name != "sgd") group.second = zeros_like(parameters[g]);
    for (size_t i = 0; i < parameters[g].size(); ++i)
      parameters[g][i].mutable_grad() = group.gradients.views[i];
  }
}

void Optimizer::zero_grad() {
  for (Group& group : groups_)
    group.gradients.flat.zero_();
}

void Optimizer::scale_gradients(const torch::Tensor& factor) {
  for (Group& group : groups_)
    group.gradients.flat.mul_(factor);
}

torch::Tensor Optimizer::gradient_norm() const {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> all;
  for (const Group& group : groups_)
    all.insert(all.end(), group.gradients.views.begin(), group.gradients.views.end());
  if (all.empty()) return torch::zeros({});
  return torch::stack(at::_foreach_norm(all)).norm();
}

void Optimizer::clip(const torch::Tensor& gradient_norm) {
  if (options_.clip_grad_norm <= 0.0) return;
  const torch::NoGradGuard no_grad;
  const torch::Tensor norm = gradient_norm.to(torch::kFloat64);
  const torch::Tensor factor =
      torch::where(norm > options_.clip_grad_norm, options_.clip_grad_norm / (norm + 1e-6),
                   torch::ones_like(norm))
          .to(torch::kFloat32);
  for (Group& group : groups_)
    group.gradients.flat.mul_(factor);
}

void Optimizer::step(double learning_rate, const torch::Tensor& taken) {
  const torch::NoGradGuard no_grad;
  for (Group& group : groups_) {
    if (group.names.empty()) continue;
    if (group.second.views.empty()) {
      step_sgd(group, learning_rate, taken);
    } else {
      step_adam(group, learning_rate, taken);
    }
  }
}

void Optimizer::count_step() {
  steps_done_.add_(1);
}

NamedTensors Optimizer::state() const {
  NamedTensors state{{"steps_done", steps_done_}};
  for (const Group& group : groups_) {
    for (size_t i = 0; i < group.names.size(); ++i) {
      state.emplace_back("first." + group.names[i], group.first.views[i]);
      if (!group.second.views.empty())
        state.emplace_back("second." + group.names[i], group.second.views[i]);
    }
  }
  return state;
}

// A step that is not taken multiplies moments by 1, adds 0 to them, and moves by 0 times them.
// Gradients are replaced, not multiplied: 0 times NaN is NaN.
void Optimizer::step_sgd(Group& group, double learning_rate, const torch::Tensor& taken) const {
  torch::Tensor& momentum = group.first.flat;
  torch::Tensor gradient = group.gradients.flat;
  if (group.weight_decay != 0.0)
    gradient = at::add(gradient, group.parameters.flat, group.weight_decay);
  gradient.masked_fill_(taken.logical_not(), 0.0);
  momentum.mul_(choose(taken, options_.momentum, 1.0)).add_(gradient);
  const torch::Tensor ahead =
      options_.nesterov ? at::add(gradient, momentum, options_.momentum) : momentum;
  // As add(ahead, -learning_rate), to the bit on a CPU (tested), with a factor of the device.
  group.parameters.flat.addcmul_(ahead, choose(taken, -learning_rate, 0.0));
}

void Optimizer::step_adam(Group& group, double learning_rate, const torch::Tensor& taken) const {
  const double steps = static_cast<double>(steps_done_.item<int64_t>() + 1);
  const double correction1 = 1.0 - std::pow(options_.beta1, steps);
  const double correction2 = 1.0 - std::pow(options_.beta2, steps);
  const bool decoupled = options_.name == "adamw";
  torch::Tensor gradient = group.gradients.flat;
  if (!decoupled && group.weight_decay != 0.0)
    gradient = at::add(gradient, group.parameters.flat, group.weight_decay);
  torch::Tensor& mean = group.first.flat;
  torch::Tensor& square = group.second.flat;
  gradient.masked_fill_(taken.logical_not(), 0.0);
  if (decoupled)
    group.parameters.flat.mul_(choose(taken, 1.0 - learning_rate * group.weight_decay, 1.0));
  mean.mul_(choose(taken, options_.beta1, 1.0)).add_(gradient, 1.0 - options_.beta1);
  square.mul_(choose(taken, options_.beta2, 1.0))
      .addcmul_(gradient, gradient, 1.0 - options_.beta2);
  torch::Tensor divisor = square.sqrt().div_(std::sqrt(correction2));
  // Over infinity nothing moves.
  divisor.add_(choose(taken, options_.epsilon, std::numeric_limits<double>::infinity()));
  group.parameters.flat.addcdiv_(mean, divisor, -learning_rate / correction1);
}

}  // namespace stoker
