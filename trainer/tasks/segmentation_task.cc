#include "trainer/tasks/segmentation_task.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/loader/patch_loader.h"
#include "libdata/loader/patch_maker.h"
#include "libdata/volume/volume_fields.h"
#include "trainer/feed/fixed_epoch_feed.h"
#include "trainer/feed/labelled_voxels.h"
#include "trainer/feed/patch_feed.h"
#include "trainer/feed/training_data.h"
#include "trainer/feed/watched_feed.h"
#include "trainer/models/segmentation_network.h"
#include "trainer/options/class_weights.h"
#include "trainer/predict/volume_input.h"
#include "trainer/tasks/segmentation_evaluator.h"
#include "trainer/tasks/segmentation_objective.h"
#include "trainer/tensors/device.h"

namespace stoker {
namespace {

constexpr int64_t kDefaultPatchSide = 128;

PatchAugmentation make_augmentation(const TrainOptions& options, PatchInput input) {
  const SegmentationOptions& segmentation = options.segmentation;
  const double jitter = segmentation.intensity_jitter;
  std::string turns = segmentation.turns;
  // Stored features hold a channel that tells y from x.
  if (turns == "auto") turns = input == PatchInput::kStoredFeatures ? "flips" : "all";
  PatchAugmentation augmentation;
  augmentation.flip_probability_zyx.fill(turns == "none" ? 0.0 : options.data.flip);
  if (turns != "yx" && turns != "all") augmentation.rotate_yx_probability = 0.0;
  if (turns != "all") augmentation.rotate_zy_probability = 0.0;
  if (jitter == 0.0) augmentation.intensity_probability = 0.0;
  augmentation.min_scale = 1.0 - jitter;
  augmentation.max_scale = 1.0 + jitter;
  augmentation.max_shift = jitter / 2.0;
  return augmentation;
}

PatchLoaderOptions loader_options(const TrainOptions& options, const SegmentationNetwork& network,
                                  int threads) {
  const SegmentationOptions& segmentation = options.segmentation;
  const DataOptions& data = options.data;
  PatchLoaderOptions loader;
  set_loading_options(data, threads, loader);
  loader.sampling.patch_zyx.fill(data.crop);
  loader.sampling.surface_fraction = segmentation.surface_share;
  loader.sampling.patches_per_volume = segmentation.patches_per_volume;
  loader.sampling.augmentation = make_augmentation(options, network.input);
  loader.sampling.seed = options.run.seed;
  loader.input = network.input;
  loader.with_distance = segmentation.loss.boundary > 0.0;
  loader.standardize = network.standardize;
  loader.order = parse_sample_order(data.order);
  return loader;
}

SegmentationNetwork make_network(TrainOptions& options, const Schema& schema) {
  SegmentationNetwork network;
  network.input = choose_input(options.segmentation.features, schema);
  network.standardize = schema.find(kFeatureMeanField).has_value();
  if (!network.standardize) {
    spdlog::warn(
        "the data set has no field '{}': inputs are not standardised (pack-volumes "
        "--moments stores it)",
        kFeatureMeanField);
  }
  network.threshold = options.segmentation.threshold;
  UNet3dShape shape;
  shape.input_channels = channel_count(network.input);
  shape.base = options.segmentation.base;
  shape.depth = options.segmentation.depth;
  network.model = std::make_shared<UNet3d>(shape);
  network.model->set_gradient_checkpointing(options.network.gradient_checkpointing);
  if (options.data.crop == 0) options.data.crop = kDefaultPatchSide;
  network.window = options.data.crop;
  const int64_t step = network.model->side_step();
  if (network.window % step != 0 || network.window == step) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("--crop {}: patches of a U-Net of depth {} have sides of {}, {}, {} ...",
                    network.window, shape.depth, 2 * step, 3 * step, 4 * step));
  }
  return network;
}

void settle_class_weights(const JoinedSplit& train, TrainOptions& options) {
  const std::vector<std::string>& given = options.class_weights;
  if (given.empty()) return;
  const std::array<uint64_t, 2> counts =
      is_balanced(given) ? count_voxels(train) : std::array<uint64_t, 2>{};
  const std::vector<double> weights = class_weights_of(given, {"background", "surface"}, counts);
  options.segmentation.loss.class_weights = {weights[0], weights[1]};
  if (is_balanced(given)) spdlog::info("class weights: {:.4g}, {:.4g}", weights[0], weights[1]);
}

// Before the first epoch, not at its end.
void check_validation_fields(const TrainingData& data, const SegmentationNetwork& network) {
  if (!data.val) return;
  PatchLoaderOptions fields;
  fields.input = network.input;
  // Only stored features need stored moments: of an image they are computed with the input.
  fields.standardize = network.standardize && network.input == PatchInput::kStoredFeatures;
  fields.sampling.sampling = PatchSampling::kGrid;  // whole volumes, not turned
  try {
    find_patch_fields(data.val->schema, fields);
  } catch (const Error& error) {
    throw Error(error.code(), "validation: " + error.message(), data.val->where);
  }
}

std::unique_ptr<BatchFeed> make_patch_feed(std::shared_ptr<const JoinedSplit> data,
                                           PatchLoaderOptions loader, const torch::Device& device,
                                           const TrainOptions& options) {
  const int64_t overfit = options.trial.overfit_batches;
  if (overfit == 0) {
    return std::make_unique<PatchFeed>(std::move(data), loader, device, options.run.limit_batches);
  }
  PatchAugmentation& augmentation = loader.sampling.augmentation;
  augmentation.flip_probability_zyx.fill(0.0);
  augmentation.rotate_yx_probability = augmentation.rotate_zy_probability = 0.0;
  augmentation.intensity_probability = 0.0;
  return std::make_unique<FixedEpochFeed>(
      std::make_unique<PatchFeed>(std::move(data), loader, device, overfit));
}

}  // namespace

Task make_segmentation_task(TrainOptions& options, const torch::Device& device, int threads) {
  TrainingData data = open_training_data(options.data);
  const Schema& schema = data.train->schema;
  for (const std::string& name : check_labelled_voxels(*data.train))
    spdlog::warn("{}: no labelled voxel, nothing is learnt from this volume", name);
  if (options.segmentation.loss.boundary > 0.0 && !schema.find(kDistanceField)) {
    throw Error(ErrorCode::kInvalidArgument,
                "--boundary-weight needs the distance to the surface, which this data set has not; "
                "pack it with pack-volumes --targets distance",
                data.train->where);
  }
  settle_class_weights(*data.train, options);
  const SegmentationNetwork network = make_network(options, schema);
  check_validation_fields(data, network);
  spdlog::info(
      "features: {}{}", input_name(network.input),
      network.input == PatchInput::kComputedFeatures ? " from the image as patches are read" : "");
  move_to_device(*network.model, device);

  Task task;
  task.data_fingerprint = data.fingerprint();
  task.sample_unit = "patches";
  task.network = torch::nn::AnyModule(network.model);
  task.metadata = network_metadata(network);
  const std::shared_ptr<const JoinedSplit> train = std::move(data.train);
  task.feed = std::make_unique<WatchedFeed>(
      make_patch_feed(train, loader_options(options, network, threads), device, options),
      train->where);
  task.objective = std::make_unique<SegmentationObjective>(options.segmentation.loss, device);
  if (data.val) {
    task.evaluator =
        std::make_unique<SegmentationEvaluator>(options, std::move(data.val), network, device);
  }
  return task;
}

}  // namespace stoker
