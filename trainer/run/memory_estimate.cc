#include "trainer/run/memory_estimate.h"

#include <c10/util/ThreadLocalDebugInfo.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/units.h"
#include "trainer/options/resize_options.h"
#include "trainer/run/available_memory.h"
#include "trainer/tensors/live_bytes.h"

namespace stoker {
namespace {

// Running statistics and random state as they were.
class Untouched {
 public:
  explicit Untouched(torch::nn::Module& model)
      : model_(model),
        was_training_(model.is_training()),
        generator_(at::globalContext().defaultGenerator(at::kCPU).get_state()) {
    for (const torch::Tensor& buffer : model.buffers())
      buffers_.push_back(buffer.clone());
  }
  ~Untouched() {
    const torch::NoGradGuard no_grad;
    const std::vector<torch::Tensor> now = model_.buffers();
    for (size_t i = 0; i < now.size(); ++i)
      torch::Tensor(now[i]).copy_(buffers_[i]);
    model_.train(was_training_);
    at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
    generator.set_state(generator_);
  }
  Untouched(const Untouched&) = delete;
  Untouched& operator=(const Untouched&) = delete;

 private:
  torch::nn::Module& model_;
  const bool was_training_;
  const torch::Tensor generator_;
  std::vector<torch::Tensor> buffers_;
};

constexpr int64_t kTrialSamples = 2;  // batch norms of small maps need as many

// Side of the trial: no larger than the crop, large enough for the deepest maps.
int64_t trial_side(const TrainOptions& options, int64_t crop) {
  const int64_t least =
      options.model == "unet3d" ? int64_t{2} << options.segmentation.depth : int64_t{64};
  return std::min(least, crop);
}

// Bytes a sample of side `side` keeps for the backward pass.
double measure_activations(const Task& task, int64_t side) {
  torch::nn::Module& model = task.model();
  const Untouched untouched(model);
  model.train();
  const torch::Tensor first = model.parameters().front();
  const int64_t axes = first.dim() - 2;
  std::vector<int64_t> sizes{kTrialSamples, first.size(1)};
  sizes.insert(sizes.end(), static_cast<size_t>(axes), side);
  torch::Tensor input = torch::zeros(sizes, first.options().requires_grad(false));
  if (axes == 2) input = input.contiguous(torch::MemoryFormat::ChannelsLast);
  // A convolution's first call allocates what it keeps for good.
  torch::nn::AnyModule network = task.network;
  { const torch::Tensor unused = network.forward(input); }
  const auto counter = std::make_shared<LiveBytes>();
  torch::Tensor output;
  {
    const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, counter);
    output = network.forward(input);
  }
  return static_cast<double>(std::max<int64_t>(counter->live(), 0)) / kTrialSamples;
}

uint64_t bytes_of(const std::vector<torch::Tensor>& tensors) {
  uint64_t bytes = 0;
  for (const torch::Tensor& tensor : tensors)
    bytes += tensor.nbytes();
  return bytes;
}

// Of the samples as the loader holds them and as they are on the device.
uint64_t batch_bytes(const CropPhase& phase, int64_t channels, int64_t axes) {
  constexpr uint64_t kInFlight = 2;
  double values = static_cast<double>(channels);
  for (int64_t i = 0; i < axes; ++i)
    values *= static_cast<double>(phase.crop);
  const auto batch = static_cast<uint64_t>(values * static_cast<double>(phase.batch_size));
  const uint64_t stored = axes == 3 ? 2 : 1;  // float16 features, bytes of pixels
  return batch * (kInFlight * stored + sizeof(float));
}

}  // namespace

MemoryEstimate estimate_memory(const Task& task, const TrainOptions& options) {
  const torch::nn::Module& model = task.model();
  const torch::Tensor first = model.parameters().front();
  const int64_t axes = first.dim() - 2;
  MemoryEstimate estimate;
  for (const torch::Tensor& parameter : model.parameters())
    estimate.parameters += static_cast<uint64_t>(parameter.numel());
  estimate.gradients = bytes_of(model.parameters());
  estimate.weights = estimate.gradients + bytes_of(model.buffers());
  estimate.optimizer = estimate.gradients * (options.optimizer.name == "sgd" ? 1 : 2);
  if (options.regularization.use_ema) estimate.average = estimate.weights;
  const CropPhase phase = largest_phase(crop_phases(options));
  const int64_t side = trial_side(options, phase.crop);
  const double larger = std::pow(static_cast<double>(phase.crop) / static_cast<double>(side),
                                 static_cast<double>(axes));
  const double of_one = measure_activations(task, side) * larger;
  estimate.activations_of_one = static_cast<uint64_t>(of_one);
  estimate.activations = static_cast<uint64_t>(of_one * static_cast<double>(phase.batch_size));
  estimate.batches = batch_bytes(phase, first.size(1), axes);
  return estimate;
}

void check_memory(const MemoryEstimate& estimate, const TrainOptions& options,
                  const torch::Device& device) {
  const std::optional<uint64_t> available = available_memory();
  const uint64_t needed = device.is_cpu() ? estimate.total() : estimate.batches;
  if (!available || needed <= *available) return;
  const std::vector<CropPhase> phases = crop_phases(options);
  const CropPhase& phase = largest_phase(phases);
  const auto batch = static_cast<uint64_t>(phase.batch_size);
  const uint64_t fixed = device.is_cpu() ? estimate.fixed() : 0;
  const uint64_t of_sample = std::max<uint64_t>((needed - fixed) / batch, 1);
  const uint64_t fits = *available > fixed ? (*available - fixed) / of_sample : 0;
  // As the flags say it.
  const auto flags = [&](uint64_t batch_size) {
    if (phases.size() == 1) return fmt::format("--batch-size {}", batch_size);
    return fmt::format("--progressive-resize {}x{}@{}", phase.crop, batch_size, phase.first_epoch);
  };
  const std::string way_out = fits > 0 ? fmt::format("{} or less would fit", flags(fits))
                                       : std::string("give a smaller --crop or --model");
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format("{} at --crop {} needs at least {} of memory (weights, gradients, moments{} {}, "
                  "activations {}, batches {}), and {} are available: {}",
                  flags(batch), phase.crop, format_byte_count(needed),
                  estimate.average > 0 ? ", average" : "", format_byte_count(fixed),
                  format_byte_count(device.is_cpu() ? estimate.activations : 0),
                  format_byte_count(estimate.batches), format_byte_count(*available), way_out));
}

}  // namespace stoker
