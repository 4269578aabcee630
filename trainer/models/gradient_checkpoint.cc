#include "trainer/models/gradient_checkpoint.h"

#include <utility>

#include "trainer/tensors/autocast.h"

namespace stoker {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// What must be known in the backward pass.
struct Segment : torch::CustomClassHolder {
  Segment(NetworkPart part_, size_t inputs_, const torch::Device& device_)
      : part(std::move(part_)), inputs(inputs_), device(device_), amp(amp_in_force(device_)) {
    for (const auto& module : part.modules) {
      for (const torch::Tensor& parameter : module->parameters()) {
        if (parameter.requires_grad()) parameters.push_back(parameter);
      }
    }
  }

  const NetworkPart part;
  const size_t inputs;
  const torch::Device device;
  const Amp amp;
  variable_list parameters;
};

// While it lives, batch norms in training count nothing and move no running mean.
class StatisticsAtRest {
 public:
  explicit StatisticsAtRest(const NetworkPart& part) {
    for (const auto& module : part.modules) {
      for (const auto& inner : module->modules()) {
        auto* norm = inner->as<torch::nn::BatchNorm2d>();
        if (norm != nullptr && norm->is_training()) norms_.push_back({norm, {}, {}, {}});
      }
    }
    swap();
  }
  ~StatisticsAtRest() { swap(); }
  StatisticsAtRest(const StatisticsAtRest&) = delete;
  StatisticsAtRest& operator=(const StatisticsAtRest&) = delete;

 private:
  struct Norm {
    torch::nn::BatchNorm2dImpl* module;
    torch::Tensor mean;
    torch::Tensor variance;
    torch::Tensor batches;
  };

  // A norm without buffers normalises by its batch all the same.
  void swap() {
    for (Norm& norm : norms_) {
      std::swap(norm.module->running_mean, norm.mean);
      std::swap(norm.module->running_var, norm.variance);
      std::swap(norm.module->num_batches_tracked, norm.batches);
    }
  }

  std::vector<Norm> norms_;
};

// The part once more, this time with a graph, from `inputs` as leaves.
torch::Tensor recompute(const Segment& segment, const variable_list& inputs) {
  const torch::AutoGradMode with_gradients(true);
  const AutocastScope autocast(segment.amp, segment.device);
  const StatisticsAtRest at_rest(segment.part);
  return segment.part.forward(inputs);
}

class Checkpointed : public torch::autograd::Function<Checkpointed> {
 public:
  // `tensors`: the inputs, then the parameters, so that those get their gradients like any others.
  static torch::Tensor forward(AutogradContext* context, const c10::intrusive_ptr<Segment>& segment,
                               at::TensorList tensors) {
    const variable_list inputs = tensors.slice(0, segment->inputs).vec();
    context->saved_data["segment"] = c10::IValue::make_capsule(segment);
    context->save_for_backward(inputs);
    return segment->part.forward(inputs);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto capsule = context->saved_data["segment"].toCapsule();
    const auto& segment = static_cast<const Segment&>(*capsule);
    variable_list leaves;
    for (const torch::Tensor& input : context->get_saved_variables())
      leaves.push_back(input.detach().requires_grad_(input.requires_grad()));
    const torch::Tensor output = recompute(segment, leaves);

    leaves.insert(leaves.end(), segment.parameters.begin(), segment.parameters.end());
    variable_list wanted;
    for (const torch::Tensor& leaf : leaves) {
      if (leaf.requires_grad()) wanted.push_back(leaf);
    }
    const variable_list found = torch::autograd::grad({output}, wanted, gradients);
    variable_list result{torch::Tensor()};  // the segment itself has none
    size_t next = 0;
    for (const torch::Tensor& leaf : leaves)
      result.push_back(leaf.requires_grad() ? found[next++] : torch::Tensor());
    return result;
  }
};

}  // namespace

torch::Tensor run_part(bool checkpoints, NetworkPart part, std::vector<torch::Tensor> inputs) {
  if (!checkpoints || !torch::GradMode::is_enabled()) return part.forward(std::move(inputs));
  const auto segment =
      c10::make_intrusive<Segment>(std::move(part), inputs.size(), inputs.front().device());
  std::vector<torch::Tensor> tensors = std::move(inputs);
  tensors.insert(tensors.end(), segment->parameters.begin(), segment->parameters.end());
  return Checkpointed::apply(segment, at::TensorList(tensors));
}

}  // namespace stoker
