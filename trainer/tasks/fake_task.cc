#include "trainer/tasks/fake_task.h"

#include <fmt/format.h>

#include "libdata/core/error.h"
#include "trainer/feed/fake_feed.h"
#include "trainer/feed/mixed_feed.h"
#include "trainer/models/batch_norm_rule.h"
#include "trainer/models/classifier.h"
#include "trainer/tasks/classification_objective.h"
#include "trainer/tensors/device.h"

namespace stoker {
namespace {

constexpr int64_t kDefaultCrop = 224;
constexpr int64_t kDefaultBatches = 100;

void settle_fake_data(TrainOptions& options) {
  DataOptions& data = options.data;
  if (data.crop == 0) data.crop = kDefaultCrop;
  if (data.channels == "auto") data.channels = "3";
  int64_t& samples = options.trial.fake_samples;
  if (samples == 0) samples = kDefaultBatches * data.batch_size;
  data.batch_size = std::min(data.batch_size, samples);
}

uint64_t count_batches(const TrainOptions& options) {
  const int64_t whole = options.trial.fake_samples / options.data.batch_size;
  const int64_t overfit = options.trial.overfit_batches;
  return limit_batches(static_cast<uint64_t>(whole), 0,
                       overfit > 0 ? overfit : options.run.limit_batches, 1);
}

}  // namespace

Task make_fake_task(TrainOptions& options, const torch::Device& device) {
  if (options.model == "unet3d") {
    throw Error(ErrorCode::kInvalidArgument,
                "--fake-data makes images, and --model unet3d takes volumes");
  }
  if (!options.data.progressive_resize.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--fake-data makes images of one size: --progressive-resize would do nothing");
  }
  settle_fake_data(options);
  if (!options.class_weights.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--fake-data has classes that mean nothing: --class-weights would say nothing");
  }
  const int64_t classes = options.trial.fake_classes;
  check_batches(options, static_cast<uint64_t>(options.trial.fake_samples));
  FakeImages images;
  images.batch_size = options.data.batch_size;
  images.channels = options.data.channels == "1" ? 1 : 3;
  images.crop = options.data.crop;
  images.classes = classes;
  images.batches = count_batches(options);
  images.seed = options.run.seed;

  Task task;
  task.data_fingerprint = "fake";
  task.network = make_classifier(options.model, images.channels, classes, options.network);
  move_to_device(task.model(), device);
  task.metadata = {{"format", "pt"},
                   {"model", options.model},
                   {"channels", options.data.channels},
                   {"crop", fmt::format("{}", images.crop)}};
  if (options.network.blurpool) task.metadata[kBlurPoolKey] = "1";
  task.feed = with_mixing(std::make_unique<FakeFeed>(images, device), options.regularization,
                          options.run.seed);
  task.objective = std::make_unique<ClassificationObjective>(options.label_smoothing, classes,
                                                             !options.regularization.mixes());
  task.smallest_batch = [least = smallest_batch(options.model, images.crop)](uint64_t) {
    return least;
  };
  return task;
}

}  // namespace stoker
