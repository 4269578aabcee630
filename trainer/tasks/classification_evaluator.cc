#include "trainer/tasks/classification_evaluator.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "libdata/core/stop.h"
#include "trainer/metrics/classification_metrics.h"

namespace stoker {
namespace {

template <typename T>
std::span<const T> values_of(const torch::Tensor& tensor) {
  return {tensor.data_ptr<T>(), static_cast<size_t>(tensor.numel())};
}

}  // namespace

ClassificationEvaluator::ClassificationEvaluator(torch::nn::AnyModule network,
                                                 std::unique_ptr<BatchFeed> feed,
                                                 int64_t class_count)
    : network_(std::move(network)), feed_(std::move(feed)), class_count_(class_count) {}

EvaluationSums ClassificationEvaluator::evaluate() {
  ClassificationMetrics metrics;
  const uint64_t epoch = evaluations_++;  // all are the same; it tells what was skipped when
  feed_->start_epoch(epoch, 0);
  for (uint64_t left = feed_->batches_from(epoch, 0); left > 0; --left) {
    throw_if_stopped();
    const DeviceBatch batch = feed_->next();
    const int64_t samples = batch.samples - batch.padding;
    if (samples == 0) continue;
    const torch::Tensor logits =
        network_.forward(batch.input).to(torch::kCPU, torch::kFloat32).contiguous();
    const torch::Tensor labels = batch.target.to(torch::kCPU);
    metrics.add(values_of<float>(logits.narrow(0, 0, samples)),
                values_of<int64_t>(labels.narrow(0, 0, samples)), class_count_);
  }
  return metrics.sums();
}

NamedValues ClassificationEvaluator::finish(const EvaluationSums& sums) const {
  if (sums.value("samples") == 0.0) {
    spdlog::warn("validation: nothing to score, every sample was left out");
    return {};
  }
  return classification_results(sums);
}

}  // namespace stoker
