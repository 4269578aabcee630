#include "trainer/tasks/classification_task.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/stop.h"
#include "libdata/loader/image_loader.h"
#include "trainer/feed/class_counts.h"
#include "trainer/feed/classification_data.h"
#include "trainer/feed/device_feed.h"
#include "trainer/feed/epoch_tally.h"
#include "trainer/feed/skipped_lines.h"
#include "trainer/metrics/classification_metrics.h"
#include "trainer/models/batch_norm_rule.h"
#include "trainer/models/classifier.h"

namespace stoker {
namespace {

// The loader has checked that they are classes.
std::vector<int64_t> labels_of(const ImageBatch& batch) {
  return {batch.labels.begin(), batch.labels.end()};
}

ImageLoaderOptions with_classes(ImageLoaderOptions options, size_t class_count) {
  options.class_count = static_cast<int64_t>(class_count);
  return options;
}

class ClassificationTask : public TrainingTask {
 public:
  ClassificationTask(const TrainOptions& options, ClassificationData data,
                     const torch::Device& device, int threads);

  torch::nn::Module& model() override { return *model_.ptr(); }
  std::map<std::string, std::string> model_metadata() const override;
  std::string data_fingerprint() const override { return data_.fingerprint(); }
  uint64_t steps_per_epoch() const override { return limited(train_loader_.batches_per_epoch()); }
  void start_epoch(uint64_t epoch, uint64_t first_step) override;
  int64_t next_batch() override;
  int64_t smallest_batch() const override {
    return stoker::smallest_batch(options_.model, options_.data.crop);
  }
  torch::Tensor forward_loss(MetricSums& sums) override;
  bool has_validation() const override { return data_.val != nullptr; }
  NamedValues evaluate() override;
  std::string best_metric() const override { return "val_top1"; }
  std::vector<std::string> skipped_samples() const override;

 private:
  uint64_t limited(uint64_t batches) const {
    const uint64_t limit = static_cast<uint64_t>(options_.run.limit_batches);
    return limit == 0 ? batches : std::min(limit, batches);
  }
  void end_epoch(bool nothing_left);
  torch::Tensor upload(const ImageBatch& batch) const {
    return feed_.images(batch.pixels, batch.count, batch.crop, batch.crop);
  }

  const TrainOptions options_;
  const ClassificationData data_;
  const size_t class_count_;
  torch::nn::AnyModule model_;
  PixelFeed feed_;
  ImageLoader train_loader_;
  std::unique_ptr<ImageLoader> val_loader_;
  torch::Tensor images_;  // the batch that next_batch got
  torch::Tensor labels_;
  EpochTally tally_;
  uint64_t step_in_epoch_ = 0;
  uint64_t evaluations_ = 0;
  std::string warned_classes_;  // that end empty
  mutable SkippedLines skipped_;
};

ClassificationTask::ClassificationTask(const TrainOptions& options, ClassificationData data,
                                       const torch::Device& device, int threads)
    : options_(options),
      data_(std::move(data)),
      class_count_(data_.class_names().size()),
      model_(make_classifier(options.model, options.data.channels == "1" ? 1 : 3,
                             static_cast<int64_t>(class_count_))),
      feed_(options.data.mean, options.data.std, device),
      train_loader_(
          data_.train->split, data_.train->schema,
          with_classes(train_loader_options(options, data_.train->split.sample_count(), threads),
                       class_count_)) {
  move_to_device(model(), device);
  if (data_.val != nullptr) {
    val_loader_ = std::make_unique<ImageLoader>(
        data_.val->split, data_.val->schema,
        with_classes(val_loader_options(options, threads), class_count_));
  }
}

std::map<std::string, std::string> ClassificationTask::model_metadata() const {
  const DataOptions& data = options_.data;
  return {{"format", "pt"},
          {"model", options_.model},
          {"class_names", nlohmann::json(data_.class_names()).dump()},
          {"channels", data.channels},
          {"crop", fmt::format("{}", data.crop)},
          {"val_resize", fmt::format("{}", data.val_resize)},
          {"mean", fmt::format("{}", fmt::join(data.mean, ","))},
          {"std", fmt::format("{}", fmt::join(data.std, ","))}};
}

void ClassificationTask::start_epoch(uint64_t epoch, uint64_t first_step) {
  const uint64_t samples_a_step =
      static_cast<uint64_t>(options_.data.batch_size) * options_.data.world_size;
  train_loader_.start_epoch(epoch, first_step * samples_a_step);
  tally_.start(first_step);
  step_in_epoch_ = first_step;
}

int64_t ClassificationTask::next_batch() {
  const std::optional<BatchLease> lease = train_loader_.next();
  if (!lease) throw Error(ErrorCode::kInternal, "the loader's epoch ended before its last step");
  const ImageBatch& batch = **lease;
  const bool nothing_left = tally_.ended_empty(batch.count, steps_per_epoch());
  if (++step_in_epoch_ == steps_per_epoch()) end_epoch(nothing_left);
  if (batch.count == 0) return 0;
  labels_ = feed_.labels(labels_of(batch));
  images_ = upload(batch);
  return batch.count;
}

void ClassificationTask::end_epoch(bool nothing_left) {
  const std::vector<SkippedSample> skipped = train_loader_.skipped();
  if (nothing_left) throw nothing_left_error(skipped, data_.train->where);
  if (skipped.empty()) return;
  const std::string empty = empty_classes(
      data_.class_names(), count_classes_left(*data_.train, skipped), count_classes(*data_.train));
  if (empty.empty() || empty == warned_classes_) return;
  spdlog::warn("every sample was left out of: {}", empty);
  warned_classes_ = empty;
}

torch::Tensor ClassificationTask::forward_loss(MetricSums&) {
  const auto smoothing =
      torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(options_.label_smoothing);
  return torch::nn::functional::cross_entropy(model_.forward(images_), labels_, smoothing);
}

NamedValues ClassificationTask::evaluate() {
  ClassificationMetrics metrics;
  const uint64_t steps = limited(val_loader_->batches_per_epoch());
  val_loader_->start_epoch(evaluations_++);  // all are the same; it tells what was skipped when
  for (uint64_t step = 0; step < steps; ++step) {
    throw_if_stopped();
    const std::optional<BatchLease> lease = val_loader_->next();
    if (!lease) break;
    const ImageBatch& batch = **lease;
    if (batch.count == 0) continue;
    const std::vector<int64_t> labels = labels_of(batch);
    const torch::Tensor logits =
        model_.forward(upload(batch)).to(torch::kCPU, torch::kFloat32).contiguous();
    metrics.add({logits.data_ptr<float>(), static_cast<size_t>(logits.numel())}, labels,
                static_cast<int64_t>(class_count_));
  }
  if (metrics.samples == 0) {
    spdlog::warn("validation: nothing to score, every sample was left out");
    return {};
  }
  return metrics.results();
}

std::vector<std::string> ClassificationTask::skipped_samples() const {
  skipped_.take("training", train_loader_.skipped());
  if (val_loader_) skipped_.take("validation", val_loader_->skipped());
  return skipped_.lines();
}

}  // namespace

std::unique_ptr<TrainingTask> make_classification_task(TrainOptions& options,
                                                       const torch::Device& device, int threads) {
  ClassificationData data = open_classification_data(options.data);
  settle_data_options(data, options.data);
  check_batches(options, data.train->split.sample_count());
  if (data.class_names().size() == 1) {
    spdlog::warn("'{}' is the only class: there is nothing to tell it from",
                 data.class_names().front());
  }
  const std::string empty = empty_classes(data.class_names(), count_classes(*data.train));
  if (!empty.empty()) spdlog::warn("no training sample in: {}", empty);
  return std::make_unique<ClassificationTask>(options, std::move(data), device, threads);
}

}  // namespace stoker
