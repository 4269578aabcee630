#include "trainer/tasks/segmentation_task.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "libdata/core/error.h"
#include "libdata/core/units.h"
#include "libdata/loader/patch_loader.h"
#include "libdata/loader/patch_maker.h"
#include "libdata/loader/skipped_samples.h"
#include "libdata/volume/volume_fields.h"
#include "trainer/feed/device_feed.h"
#include "trainer/feed/epoch_tally.h"
#include "trainer/feed/labelled_voxels.h"
#include "trainer/feed/patch_feed.h"
#include "trainer/feed/skipped_lines.h"
#include "trainer/feed/training_data.h"
#include "trainer/losses/segmentation_losses.h"
#include "trainer/metrics/segmentation_scores.h"
#include "trainer/models/segmentation_network.h"
#include "trainer/predict/volume_predictor.h"

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
  loader.sampling.patch_zyx.fill(data.crop);
  loader.sampling.surface_fraction = segmentation.surface_share;
  loader.sampling.patches_per_volume = segmentation.patches_per_volume;
  loader.sampling.augmentation = make_augmentation(options, network.input);
  loader.sampling.seed = options.run.seed;
  loader.input = network.input;
  loader.with_distance = segmentation.loss.boundary > 0.0;
  loader.standardize = network.standardize;
  loader.batch_size = data.batch_size;
  loader.order = parse_sample_order(data.order);
  loader.rank = static_cast<uint32_t>(data.rank);
  loader.world_size = static_cast<uint32_t>(data.world_size);
  loader.threads = threads;
  loader.on_error = parse_on_error(data.on_error);
  loader.io = parse_io_mode(data.io);
  loader.check_hashes = HashCheck::asked(data.check_hashes);
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

// An empty batch has none.
bool has_labelled_voxel(const PatchBatch& batch) {
  return std::any_of(batch.label.begin(), batch.label.end(),
                     [](uint8_t label) { return label != kIgnoreLabel; });
}

class SegmentationTask : public TrainingTask {
 public:
  SegmentationTask(const TrainOptions& options, TrainingData data, SegmentationNetwork network,
                   const torch::Device& device, int threads);

  torch::nn::Module& model() override { return *network_.model; }
  std::map<std::string, std::string> model_metadata() const override {
    return network_metadata(network_);
  }
  std::string data_fingerprint() const override { return data_.fingerprint(); }
  std::string sample_unit() const override { return "patches"; }
  uint64_t steps_per_epoch() const override { return limited(loader_.batches_per_epoch()); }
  void start_epoch(uint64_t epoch, uint64_t first_step) override;
  int64_t next_batch() override;
  torch::Tensor forward_loss(MetricSums& sums) override;
  bool has_validation() const override { return data_.val != nullptr; }
  NamedValues evaluate() override;
  std::string best_metric() const override { return "val_surface_dice"; }
  std::vector<std::string> skipped_samples() const override;

 private:
  uint64_t limited(uint64_t count) const {
    const auto limit = static_cast<uint64_t>(options_.run.limit_batches);
    return limit == 0 ? count : std::min(limit, count);
  }
  std::optional<SegmentationScores> score_volume(uint64_t sample);
  void check_volume_hashes(uint64_t sample) const;

  const TrainOptions options_;
  const TrainingData data_;
  const torch::Device device_;
  SegmentationNetwork network_;
  PatchLoader loader_;
  PatchTensors batch_;  // the one that next_batch got
  EpochTally tally_;
  uint64_t evaluations_ = 0;
  SkippedSamples val_skipped_;
  mutable SkippedLines skipped_;
};

SegmentationTask::SegmentationTask(const TrainOptions& options, TrainingData data,
                                   SegmentationNetwork network, const torch::Device& device,
                                   int threads)
    : options_(options),
      data_(std::move(data)),
      device_(device),
      network_(std::move(network)),
      loader_(data_.train->split, data_.train->schema, loader_options(options, network_, threads)),
      val_skipped_(parse_on_error(options.data.on_error)) {
  move_to_device(*network_.model, device);
}

void SegmentationTask::start_epoch(uint64_t epoch, uint64_t first_step) {
  const uint64_t patches_a_step =
      static_cast<uint64_t>(options_.data.batch_size) * options_.data.world_size;
  loader_.start_epoch(epoch, first_step * patches_a_step);
  tally_.start(first_step);
}

int64_t SegmentationTask::next_batch() {
  const std::optional<PatchLease> lease = loader_.next();
  if (!lease) throw Error(ErrorCode::kInternal, "the loader's epoch ended before its last step");
  if (tally_.ended_empty((*lease)->count, steps_per_epoch()))
    throw nothing_left_error(loader_.skipped(), data_.train->where);
  if (!has_labelled_voxel(**lease)) return 0;  // there is nothing to learn from, no loss to report
  batch_ = upload_patches(**lease, device_);
  return (*lease)->count;
}

torch::Tensor SegmentationTask::forward_loss(MetricSums& sums) {
  const torch::Tensor logits = network_.model->forward(batch_.input);
  const SegmentationLoss loss =
      segmentation_loss(logits, batch_.labels, batch_.distance, options_.segmentation.loss);
  if (loss.terms.size() > 1) {
    const auto patches = static_cast<double>(batch_.labels.size(0));
    for (const auto& [name, term] : loss.terms)
      sums.add("loss_" + name, term.item<double>() * patches, patches);
  }
  return loss.total;
}

// Beside the network's work on a whole volume this costs nothing that could be measured.
void SegmentationTask::check_volume_hashes(uint64_t sample) const {
  if (!HashCheck::asked(options_.data.check_hashes).covers(true)) return;
  const JoinedSplit& val = *data_.val;
  const PackedSplit::Place place = val.split.locate(sample);
  const char* input = network_.input == PatchInput::kStoredFeatures ? kFeaturesField : kImageField;
  for (const char* field : {input, kLabelField})
    val.split.shards()[place.shard].check_record(place.sample, val.schema.require(field));
}

// Nothing where every voxel is ignored.
std::optional<SegmentationScores> SegmentationTask::score_volume(uint64_t sample) {
  const JoinedSplit& val = *data_.val;
  check_volume_hashes(sample);
  const std::vector<uint8_t> labels = read_labels(val.split, val.schema, sample);
  const uint8_t highest = *std::max_element(labels.begin(), labels.end());
  if (highest > kIgnoreLabel) {
    throw Error(ErrorCode::kCorrupt, fmt::format("expected labels 0, 1 and 2, found {}", highest),
                val.split.describe(sample, val.schema.require(kLabelField)));
  }
  if (std::all_of(labels.begin(), labels.end(), [](uint8_t l) { return l == kIgnoreLabel; }))
    return std::nullopt;
  const VolumeInput input =
      read_volume_input(val.split, val.schema, sample, network_.input, network_.standardize);
  PredictOptions predict;
  predict.window = network_.window;
  predict.overlap = options_.segmentation.overlap;
  predict.batch_size = options_.data.batch_size;
  const std::vector<uint8_t> mask =
      threshold_mask(predict_surface(*network_.model, input, predict, device_), network_.threshold);
  return score_segmentation(input.size_zyx, labels, mask);
}

NamedValues SegmentationTask::evaluate() {
  const uint64_t volumes = limited(data_.val->split.sample_count());
  const uint64_t evaluation = evaluations_++;
  SegmentationScores sum;
  uint64_t scored = 0;
  uint64_t ignored = 0;
  for (uint64_t sample = 0; sample < volumes; ++sample) {
    try {
      const std::optional<SegmentationScores> scores = score_volume(sample);
      if (!scores) ++ignored;
      if (!scores) continue;
      sum.dice += scores->dice;
      sum.surface_dice += scores->surface_dice;
      sum.voi_score += scores->voi_score;
      ++scored;
    } catch (const Error& error) {
      if (!val_skipped_.may_skip(error)) throw;
      val_skipped_.note(evaluation, sample, error);
    }
  }
  if (scored == 0) {
    spdlog::warn("validation: nothing to score in {}", counted(volumes, "volume"));
    return {};
  }
  if (ignored > 0) {
    spdlog::info("validation: {} with nothing to score (every voxel is ignored), left out of means",
                 counted(ignored, "volume"));
  }
  const auto count = static_cast<double>(scored);
  return {{"val_dice", sum.dice / count},
          {"val_surface_dice", sum.surface_dice / count},
          {"val_voi_score", sum.voi_score / count}};
}

std::vector<std::string> SegmentationTask::skipped_samples() const {
  skipped_.take("training", loader_.skipped());
  skipped_.take("validation", val_skipped_.sorted());
  return skipped_.lines();
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

}  // namespace

std::unique_ptr<TrainingTask> make_segmentation_task(TrainOptions& options,
                                                     const torch::Device& device, int threads) {
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
  SegmentationNetwork network = make_network(options, schema);
  check_validation_fields(data, network);
  spdlog::info(
      "features: {}{}", input_name(network.input),
      network.input == PatchInput::kComputedFeatures ? " from the image as patches are read" : "");
  return std::make_unique<SegmentationTask>(options, std::move(data), std::move(network), device,
                                            threads);
}

}  // namespace stoker
