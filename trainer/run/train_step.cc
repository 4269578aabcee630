#include "trainer/run/train_step.h"

#include <map>
#include <utility>

#include "trainer/tensors/tensor_files.h"

namespace stoker {
namespace {

std::vector<FlatTensors> flatten_buffers(const torch::nn::Module& model) {
  std::map<torch::ScalarType, std::vector<torch::Tensor>> by_type;
  for (const torch::Tensor& buffer : model.buffers())
    by_type[buffer.scalar_type()].push_back(buffer);
  std::vector<FlatTensors> buffers;
  for (const auto& [type, tensors] : by_type)
    buffers.push_back(flatten(tensors));
  return buffers;
}

double samples_of(const DeviceBatch& batch) {
  return static_cast<double>(batch.samples - batch.padding);
}

void add_to(torch::Tensor& sum, const torch::Tensor& part) {
  sum = sum.defined() ? sum + part : part;
}

}  // namespace

TrainStep::TrainStep(const OptimizerOptions& options, Task& task, std::optional<double> ema_decay)
    : task_(task),
      terms_(task.objective->terms()),
      optimizer_(options, task.model()),
      buffers_(flatten_buffers(task.model())) {
  if (ema_decay) average_.emplace(task.model(), *ema_decay);
  if (task.amp == Amp::kFp16) scaler_.emplace(device());
}

torch::Device TrainStep::device() const {
  return task_.model().parameters().front().device();
}

void TrainStep::take(std::span<const DeviceBatch> parts, double learning_rate, uint64_t step) {
  std::vector<torch::Tensor> before;
  for (const FlatTensors& buffers : buffers_)
    before.push_back(buffers.flat.clone());
  optimizer_.zero_grad();
  const Losses losses = backward(parts);

  const torch::NoGradGuard no_grad;
  if (scaler_) optimizer_.scale_gradients(scaler_->inverse());
  const torch::Tensor norm = optimizer_.gradient_norm();
  const torch::Tensor taken = torch::isfinite(losses.total).logical_and(torch::isfinite(norm));
  keep_buffers(before, taken);
  optimizer_.clip(norm);
  // By now the device has this step's passes to work on while the host waits for the last one.
  settle();
  optimizer_.step(learning_rate, taken);
  if (scaler_) scaler_->update(taken);
  if (average_) average_->update(optimizer_.steps_done(), taken);
  pending_.emplace(Pending{step, LateFlag(taken)});
  if (taken.device().is_cpu()) settle();
  add_sums(losses, parts, taken);
}

void TrainStep::add_sums(const Losses& losses, std::span<const DeviceBatch> parts,
                         const torch::Tensor& taken) {
  double samples = 0.0;
  for (const DeviceBatch& part : parts)
    samples += samples_of(part);
  sums_.add("loss", losses.total, samples, taken);
  for (size_t i = 0; i < terms_.size(); ++i) {
    if (!terms_[i].figure.empty()) sums_.add(terms_[i].figure, losses.means[i], samples, taken);
  }
  for (const auto& [name, figure] : losses.figures)
    sums_.add_sum(name, figure.sum, figure.samples, taken);
}

std::vector<torch::Tensor> TrainStep::learn_from(const DeviceBatch& part, Losses& losses) {
  const torch::Tensor outputs = forward(part.input);
  for (const BatchFigure& figure : task_.objective->figures(outputs.detach(), part)) {
    Figure& sum = losses.figures[figure.name];
    add_to(sum.sum, figure.sum);
    sum.samples += samples_of(part);
  }
  return task_.objective->sums(outputs, part);
}

TrainStep::Losses TrainStep::backward(std::span<const DeviceBatch> parts) {
  const Objective& objective = *task_.objective;
  std::vector<torch::Tensor> weights(terms_.size());
  for (const DeviceBatch& part : parts) {
    const std::vector<torch::Tensor> more = objective.weights(part);
    for (size_t i = 0; i < weights.size(); ++i)
      add_to(weights[i], more[i]);
  }
  Losses losses;
  losses.means.resize(terms_.size());
  for (const DeviceBatch& part : parts) {
    const std::vector<torch::Tensor> sums = learn_from(part, losses);
    torch::Tensor loss;
    for (size_t i = 0; i < sums.size(); ++i) {
      const torch::Tensor mean = mean_of(sums[i], weights[i]);
      add_to(loss, terms_[i].factor * mean);
      add_to(losses.means[i], mean.detach());
    }
    (scaler_ ? scaler_->scaled(loss) : loss).backward();
    add_to(losses.total, loss.detach());
  }
  return losses;
}

torch::Tensor TrainStep::forward(const torch::Tensor& input) {
  torch::Tensor outputs;
  {
    const AutocastScope scope(task_.amp, input.device());
    outputs = task_.network.forward(input);
  }
  return outputs.to(torch::kFloat32);
}

void TrainStep::keep_buffers(const std::vector<torch::Tensor>& before, const torch::Tensor& taken) {
  for (size_t i = 0; i < buffers_.size(); ++i)
    buffers_[i].flat.copy_(torch::where(taken, buffers_[i].flat, before[i]));
}

void TrainStep::settle() {
  if (!pending_) return;
  const StepVerdict verdict{pending_->step, pending_->taken.get()};
  pending_.reset();
  if (verdict.taken) optimizer_.count_step();
  verdicts_.push_back(verdict);
}

std::vector<StepVerdict> TrainStep::take_verdicts() {
  return std::exchange(verdicts_, {});
}

void TrainStep::restore_sums(const MetricSums& sums) {
  sums_.restore(sums, device());
}

NamedTensors TrainStep::more_state() const {
  NamedTensors state;
  if (average_) {
    for (const auto& [name, tensor] : average_->tensors())
      state.emplace_back("ema." + name, tensor);
  }
  if (scaler_) {
    for (const auto& [name, tensor] : scaler_->state())
      state.emplace_back("scaler." + name, tensor);
  }
  return state;
}

std::optional<std::string> TrainStep::find_not_finite() const {
  if (auto name = stoker::find_not_finite(state_dict(task_.model()))) return name;
  if (auto name = stoker::find_not_finite(optimizer_.state())) return "optimiser's " + *name;
  return std::nullopt;
}

}  // namespace stoker
