#include "trainer/tasks/classification_evaluator.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "libdata/core/stop.h"
#include "trainer/feed/thumbnail.h"
#include "trainer/metrics/classification_metrics.h"
#include "trainer/report/data_uri.h"

namespace stoker {
namespace {

constexpr int64_t kThumbnailSide = 112;

template <typename T>
std::span<const T> values_of(const torch::Tensor& tensor) {
  return {tensor.data_ptr<T>(), static_cast<size_t>(tensor.numel())};
}

}  // namespace

ClassificationEvaluator::ClassificationEvaluator(torch::nn::AnyModule network,
                                                 std::unique_ptr<BatchFeed> feed,
                                                 int64_t class_count, bool flips,
                                                 std::shared_ptr<const JoinedSplit> data)
    : network_(std::move(network)),
      feed_(std::move(feed)),
      class_count_(class_count),
      flips_(flips),
      data_(std::move(data)) {}

std::vector<BestMetric> ClassificationEvaluator::best_metrics() const {
  std::vector<BestMetric> metrics{{"val_top1"}, {"val_top5"}, {"val_macro_f1"}};
  if (class_count_ <= static_cast<int64_t>(kMostScoredClasses))
    metrics.push_back({"val_macro_auc"});
  metrics.push_back({"val_loss", /*less_is_better=*/true});
  return metrics;
}

torch::Tensor ClassificationEvaluator::logits_of(const torch::Tensor& images) {
  torch::Tensor logits = network_.forward(images).to(torch::kFloat32);
  if (flips_) {
    constexpr int64_t kWidth = 3;  // of [N, C, y, x]
    logits = (logits + network_.forward(images.flip({kWidth})).to(torch::kFloat32)) / 2;
  }
  return logits.to(torch::kCPU).contiguous();
}

EvaluationSums ClassificationEvaluator::evaluate() {
  ClassificationMetrics metrics;
  const uint64_t epoch = evaluations_++;  // all are the same; it tells what was skipped when
  feed_->start_epoch(epoch, 0);
  for (uint64_t left = feed_->batches_from(epoch, 0); left > 0; --left) {
    throw_if_stopped();
    const DeviceBatch batch = feed_->next();
    const int64_t samples = batch.samples - batch.padding;
    if (samples == 0) continue;
    const torch::Tensor logits = logits_of(batch.input);
    const torch::Tensor labels = batch.target.to(torch::kCPU);
    metrics.add(values_of<float>(logits.narrow(0, 0, samples)),
                values_of<int64_t>(labels.narrow(0, 0, samples)), class_count_, batch.sample_ids);
  }
  extremes_.emplace(metrics.extremes);
  return metrics.sums();
}

SampleGallery ClassificationEvaluator::gallery() const {
  SampleGallery gallery{"loss", /*high_is_bad=*/true, {}, {}};
  if (!extremes_ || !data_) return gallery;
  for (const JudgedSample& sample : extremes_->worst())
    gallery.worst.push_back(show(sample));
  for (const JudgedSample& sample : extremes_->best())
    gallery.best.push_back(show(sample));
  return gallery;
}

ShownSample ClassificationEvaluator::show(const JudgedSample& sample) const {
  const auto class_name = [&](int64_t index) {
    return data_->class_names.at(static_cast<size_t>(index));
  };
  ShownSample shown{std::string(data_->split.sample_name(sample.id)), sample.loss,
                    class_name(sample.label), class_name(sample.prediction), sample.probability};
  const auto picture =
      make_thumbnail(data_->split, data_->schema.require("image"), sample.id, kThumbnailSide);
  if (picture) shown.picture = data_uri("image/jpeg", *picture);
  return shown;
}

NamedValues ClassificationEvaluator::finish(const EvaluationSums& sums) const {
  if (sums.value("samples") == 0.0) {
    spdlog::warn("validation: nothing to score, every sample was left out");
    return {};
  }
  return classification_results(sums);
}

}  // namespace stoker
