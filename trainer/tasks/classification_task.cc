#include "trainer/tasks/classification_task.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "trainer/feed/class_counts.h"
#include "trainer/feed/classification_data.h"
#include "trainer/feed/fixed_epoch_feed.h"
#include "trainer/feed/image_feed.h"
#include "trainer/feed/mixed_feed.h"
#include "trainer/feed/watched_feed.h"
#include "trainer/models/batch_norm_rule.h"
#include "trainer/models/classifier.h"
#include "trainer/options/resize_options.h"
#include "trainer/tasks/classification_evaluator.h"
#include "trainer/tasks/classification_objective.h"
#include "trainer/tensors/device.h"

namespace stoker {
namespace {

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

// One, where every epoch has the same crops.
std::vector<CropPhase> crop_phases(const TrainOptions& options) {
  const DataOptions& data = options.data;
  const bool fixed = data.progressive_resize.empty() || options.trial.overfit_batches > 0;
  if (fixed) return {{0, data.crop}};
  return parse_crop_phases(data.progressive_resize, data.crop, options.run.epochs);
}

// The smallest and the largest.
std::pair<int64_t, int64_t> sides(const std::vector<CropPhase>& phases) {
  std::pair<int64_t, int64_t> sides{phases.front().crop, phases.front().crop};
  for (const CropPhase& phase : phases) {
    sides.first = std::min(sides.first, phase.crop);
    sides.second = std::max(sides.second, phase.crop);
  }
  return sides;
}

// The training feed, or with --overfit-batches the first batches of its first epoch, as validation
// would see them.
ImageLoaderOptions learning_options(const TrainOptions& options, uint64_t sample_count,
                                    int threads) {
  ImageLoaderOptions loader = train_loader_options(options, sample_count, threads);
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
  TrainOptions smallest = options;
  smallest.data.crop = sides(phases).first;
  check_batches(smallest, data.train->split.sample_count());
  warn_of_few_classes(*data.train);

  Task task;
  task.data_fingerprint = data.fingerprint();
  const SharedSplit train = std::move(data.train);
  const SharedSplit val = std::move(data.val);
  const auto class_count = static_cast<int64_t>(train->class_names.size());
  const PixelUpload upload(options.data.mean, options.data.std, device);
  const auto feed = [&](const SharedSplit& split, ImageLoaderOptions loader, int64_t limit,
                        ImageFeed::CropOfEpoch crop_of_epoch = {}) {
    loader.class_count = class_count;
    return std::make_unique<ImageFeed>(split, loader, upload, limit, std::move(crop_of_epoch));
  };
  const int64_t limit = options.run.limit_batches;
  const int64_t overfit = options.trial.overfit_batches;
  ImageLoaderOptions train_loader = learning_options(options, train->split.sample_count(), threads);
  train_loader.largest_crop = std::max(options.data.crop, sides(phases).second);
  task.network = make_classifier(options.model, options.data.channels == "1" ? 1 : 3, class_count,
                                 options.network);
  move_to_device(task.model(), device);
  task.metadata = describe(options, train->class_names);
  task.feed = std::make_unique<WatchedFeed>(
      same_every_epoch(feed(train, train_loader, overfit > 0 ? overfit : limit,
                            [phases](uint64_t epoch) { return crop_of(phases, epoch); }),
                       options.trial),
      train->where, EmptiedClasses(train));
  if (overfit == 0)
    task.feed = with_mixing(std::move(task.feed), options.regularization, options.run.seed);
  task.objective = std::make_unique<ClassificationObjective>(options.label_smoothing, class_count);
  task.smallest_batch = smallest_batch(options.model, smallest.data.crop);
  if (val) {
    task.evaluator = std::make_unique<ClassificationEvaluator>(
        task.network, feed(val, val_loader_options(options, threads), limit), class_count);
  }
  return task;
}

}  // namespace stoker
