// One step of learning: forward and backward over one batch or several, and the optimiser's move.
//
// A step whose loss or gradient is not finite is left out, and leaves no trace: neither in the
// weights and moments nor in the running means of batch norms, which the forward pass has spoilt by
// then. The device decides that by itself, and the host hears of it later, so that it can queue the
// next step meanwhile: nothing here waits for the step in hand.
// One thread. Ownership: shares parameters and buffers with the network.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "trainer/metrics/metric_sums.h"
#include "trainer/optim/loss_scaler.h"
#include "trainer/optim/optimizer.h"
#include "trainer/optim/weight_average.h"
#include "trainer/options/train_options.h"
#include "trainer/run/device_sums.h"
#include "trainer/tasks/task.h"
#include "trainer/tensors/flat_tensors.h"
#include "trainer/tensors/late_flag.h"

namespace stoker {

struct StepVerdict {
  uint64_t step = 0;
  bool taken = false;
};

class TrainStep {
 public:
  // `ema_decay`: of an average of the weights; nothing: without one.
  TrainStep(const OptimizerOptions& options, Task& task,
            std::optional<double> ema_decay = std::nullopt);

  // Learns from the parts as from one batch of all their samples (but for batch norms, which see
  // each part by itself). Adds loss and figures to the sums, if the step is taken. `step`: its
  // number, for the verdict. Precondition: at least one part, each with samples.
  void take(std::span<const DeviceBatch> parts, double learning_rate, uint64_t step);

  // What has become known since the last call, in order. On a CPU that is every step; on a GPU the
  // last one is known when the next has been queued, or settle() has waited for it.
  std::vector<StepVerdict> take_verdicts();
  void settle();

  // Means over samples, of "loss" and the task's figures, since `restore_sums`. Waits.
  MetricSums sums() const { return sums_.read(); }
  void restore_sums(const MetricSums& sums);

  // The first weight, running mean or moment that holds a NaN or an infinity. Waits.
  std::optional<std::string> find_not_finite() const;
  const Optimizer& optimizer() const { return optimizer_; }
  // Null where there is none.
  WeightAverage* average() { return average_ ? &*average_ : nullptr; }
  // What a resumed run needs beside optimiser and weights: "ema.NAME", "scaler.NAME".
  NamedTensors more_state() const;

 private:
  struct Figure {
    torch::Tensor sum;
    double samples = 0.0;
  };
  struct Losses {
    torch::Tensor total;               // scalar, without graph
    std::vector<torch::Tensor> means;  // of the terms, likewise
    std::map<std::string, Figure> figures;
  };
  struct Pending {
    uint64_t step;
    LateFlag taken;
  };

  torch::Device device() const;
  Losses backward(std::span<const DeviceBatch> parts);
  // The sums of the objective's terms, with their graph; its figures are added to `losses`.
  std::vector<torch::Tensor> learn_from(const DeviceBatch& part, Losses& losses);
  void add_sums(const Losses& losses, std::span<const DeviceBatch> parts,
                const torch::Tensor& taken);
  // float32, whatever the network computes in.
  torch::Tensor forward(const torch::Tensor& input);
  void keep_buffers(const std::vector<torch::Tensor>& before, const torch::Tensor& taken);

  Task& task_;
  const std::vector<LossTerm> terms_;
  Optimizer optimizer_;
  std::vector<FlatTensors> buffers_;  // by dtype
  std::optional<WeightAverage> average_;
  std::optional<LossScaler> scaler_;  // with Amp::kFp16
  DeviceSums sums_;
  std::optional<Pending> pending_;  // the last step, not known yet
  std::vector<StepVerdict> verdicts_;
};

}  // namespace stoker
