#include "trainer/tasks/classification_task.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "libdata/core/error.h"
#include "trainer/feed/class_counts.h"
#include "trainer/feed/classification_data.h"
#include "trainer/feed/fixed_epoch_feed.h"
#include "trainer/feed/image_feed.h"
#include "trainer/feed/mixed_feed.h"
#include "trainer/feed/watched_feed.h"
#include "trainer/models/batch_norm_rule.h"
#include "trainer/models/classifier.h"
#include "trainer/options/class_weights.h"
#include "trainer/options/resize_options.h"
#include "trainer/tasks/classification_evaluator.h"
#include "trainer/tasks/classification_objective.h"
#include "trainer/tensors/device.h"

namespace stoker {
namespace {

constexpr size_t kMostWeightsSaid = 20;

using SharedSplit = std::shared_ptr<const JoinedSplit>;

std::map<std::string, std::string> describe(const TrainOptions& options,
                                            const std::vector<std::string>& class_names) {
  const DataOptions& data = options.data;
  std::map<std::string, std::string> metadata{
      {"format", "pt"},
      {"model", options.model},
      {"class_names", nlohmann::json(class_names).dump()},
      {"channels", data.channels},
      {"crop", fmt::format("{}", data.crop)},
      {"val_resize", fmt::format("{}", data.val_resize)},
      {"mean", fmt::format("{}", fmt::join(data.mean, ","))},
      {"std", fmt::format("{}", fmt::join(data.std, ","))}};
  if (options.network.blurpool) metadata[kBlurPoolKey] = "1";
  return metadata;
}

// Says which classes --on-error skip has emptied, when they become others.
class EmptiedClasses {
 public:
  explicit EmptiedClasses(SharedSplit data) : data_(std::move(data)) {}

  void operator()(const std::vector<SkippedSample>& skipped) {
    const std::string empty = empty_classes(data_->class_names, count_classes_left(*data_, skipped),
                                            count_classes(*data_));
    if (empty.empty() || empty == warned_) return;
    spdlog::warn("every sample was left out of: {}", empty);
    warned_ = empty;
  }

 private:
  SharedSplit data_;
  std::string warned_;
};

void warn_of_few_classes(const JoinedSplit& train) {
  if (train.class_names.size() == 1) {
    spdlog::warn("'{}' is the only class: there is nothing to tell it from",
                 train.class_names.front());
  }
  const std::string empty = empty_classes(train.class_names, count_classes(train));
  if (!empty.empty()) spdlog::warn("no training sample in: {}", empty);
}

// Undefined where none are asked for.
torch::Tensor class_weights(const TrainOptions& options, const JoinedSplit& train,
                            const torch::Device& device) {
  if (options.class_weights.empty()) return {};
  const std::vector<double> weights =
      class_weights_of(options.class_weights, train.class_names, count_classes(train));
  if (is_balanced(options.class_weights) && weights.size() <= kMostWeightsSaid)
    spdlog::info("class weights: {:.4g}", fmt::join(weights, ", "));
  return torch::tensor(weights, torch::kFloat32).to(device);
}

// What LibTorch would refuse in some epoch is refused before the first.
void check_phases(const TrainOptions& options, const std::vector<CropPhase>& phases,
                  uint64_t sample_count) {
  TrainOptions now = options;
  for (const CropPhase& phase : phases) {
    now.data.crop = phase.crop;
    now.data.batch_size = phase.batch_size;
    try {
      check_batches(now, sample_count);
    } catch (const Error& error) {
      if (phases.size() == 1) throw;
      throw Error(error.code(), fmt::format("--progressive-resize, from epoch {} on: {}",
                                            phase.first_epoch, error.message()));
    }
  }
}

ImageBatchSize size_of(const CropPhase& phase) {
  return {phase.batch_size, phase.crop};
}

// The training feed, or with --overfit-batches the first batches of its first epoch, as validation
// would see them.
ImageLoaderOptions learning_options(const TrainOptions& options,
                                    const std::vector<CropPhase>& phases, int threads) {
  ImageLoaderOptions loader = train_loader_options(options, threads);
  // Of these alone, however large --crop and --batch-size are.
  loader.batch_size = phases.front().batch_size;
  loader.crop = phases.front().crop;
  for (const CropPhase& phase : phases)
    loader.more_sizes.push_back(size_of(phase));
  if (options.trial.overfit_batches == 0) return loader;
  loader.training = false;
  loader.resize_short = options.data.val_resize > 0 ? options.data.val_resize : options.data.crop;
  return loader;
}

std::unique_ptr<BatchFeed> same_every_epoch(std::unique_ptr<BatchFeed> feed,
                                            const TrialOptions& trial) {
  if (trial.overfit_batches == 0) return feed;
  return std::make_unique<FixedEpochFeed>(std::move(feed));
}

}  // namespace

Task make_classification_task(TrainOptions& options, const torch::Device& device, int threads) {
  ClassificationData data = open_classification_data(options.data);
  settle_data_options(data, options.data);
  const std::vector<CropPhase> phases = crop_phases(options);
  check_phases(options, phases, data.train->split.sample_count());
  warn_of_few_classes(*data.train);

  Task task;
  task.data_fingerprint = data.fingerprint();
  const SharedSplit train = std::move(data.train);
  const SharedSplit val = std::move(data.val);
  const auto class_count = static_cast<int64_t>(train->class_names.size());
  const PixelUpload upload(options.data.mean, options.data.std, device);
  const auto feed = [&](const SharedSplit& split, ImageLoaderOptions loader, int64_t limit,
                        ImageFeed::SizeOfEpoch size_of_epoch = {}) {
    loader.class_count = class_count;
    return std::make_unique<ImageFeed>(split, loader, upload, limit, std::move(size_of_epoch));
  };
  const int64_t limit = options.run.limit_batches;
  const int64_t overfit = options.trial.overfit_batches;
  const ImageLoaderOptions train_loader = learning_options(options, phases, threads);
  task.network = make_classifier(options.model, options.data.channels == "1" ? 1 : 3, class_count,
                                 options.network);
  move_to_device(task.model(), device);
  task.metadata = describe(options, train->class_names);
  task.feed = std::make_unique<WatchedFeed>(
      same_every_epoch(feed(train, train_loader, overfit > 0 ? overfit : limit,
                            [phases](uint64_t epoch) { return size_of(phase_of(phases, epoch)); }),
                       options.trial),
      train->where, EmptiedClasses(train));
  if (overfit == 0)
    task.feed = with_mixing(std::move(task.feed), options.regularization, options.run.seed);
  task.objective = std::make_unique<ClassificationObjective>(
      options.label_smoothing, class_count, !options.regularization.mixes() || overfit > 0,
      class_weights(options, *train, device));
  task.smallest_batch = [phases, model = options.model](uint64_t epoch) {
    return smallest_batch(model, phase_of(phases, epoch).crop);
  };
  if (val) {
    task.evaluator = std::make_unique<ClassificationEvaluator>(
        task.network, feed(val, val_loader_options(options, threads), limit), class_count,
        options.validation.flips(), val);
  }
  return task;
}

}  // namespace stoker
