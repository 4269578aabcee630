#include "trainer/tasks/segmentation_evaluator.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/units.h"
#include "libdata/volume/volume_fields.h"
#include "trainer/feed/batch_feed.h"
#include "trainer/predict/volume_predictor.h"

namespace stoker {

SegmentationEvaluator::SegmentationEvaluator(const TrainOptions& options,
                                             std::shared_ptr<const JoinedSplit> data,
                                             SegmentationNetwork network,
                                             const torch::Device& device)
    : options_(options),
      data_(std::move(data)),
      network_(std::move(network)),
      device_(device),
      skipped_(parse_on_error(options.data.on_error)) {}

// Beside the network's work on a whole volume this costs nothing that could be measured.
void SegmentationEvaluator::check_volume_hashes(uint64_t sample) const {
  if (!HashCheck::asked(options_.data.check_hashes).covers(true)) return;
  const JoinedSplit& val = *data_;
  const PackedSplit::Place place = val.split.locate(sample);
  const char* input = network_.input == PatchInput::kStoredFeatures ? kFeaturesField : kImageField;
  for (const char* field : {input, kLabelField})
    val.split.shards()[place.shard].check_record(place.sample, val.schema.require(field));
}

// Nothing where every voxel is ignored.
std::optional<SegmentationScores> SegmentationEvaluator::score_volume(uint64_t sample) const {
  const JoinedSplit& val = *data_;
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
  predict.flips = options_.validation.flips();
  const std::vector<uint8_t> mask =
      threshold_mask(predict_surface(*network_.model, input, predict, device_), network_.threshold);
  return score_segmentation(input.size_zyx, labels, mask);
}

EvaluationSums SegmentationEvaluator::evaluate() {
  const uint64_t volumes =
      limit_batches(data_->split.sample_count(), 0, options_.run.limit_batches, 1);
  const uint64_t evaluation = evaluations_++;
  EvaluationSums sums;
  extremes_.emplace();
  for (uint64_t sample = 0; sample < volumes; ++sample) {
    sums.add("volumes", 1.0);
    try {
      const std::optional<SegmentationScores> scores = score_volume(sample);
      sums.add(scores ? "scored" : "ignored", 1.0);
      if (!scores) continue;
      extremes_->add({sample, 1.0 - scores->dice});
      sums.add("dice", scores->dice);
      sums.add("surface_dice", scores->surface_dice);
      sums.add("voi_score", scores->voi_score);
    } catch (const Error& error) {
      if (!skipped_.may_skip(error)) throw;
      skipped_.note(evaluation, sample, error);
    }
  }
  return sums;
}

SampleGallery SegmentationEvaluator::gallery() const {
  SampleGallery gallery{"Dice", /*high_is_bad=*/false, {}, {}};
  if (!extremes_) return gallery;
  const auto show = [&](const std::vector<JudgedSample>& samples, std::vector<ShownSample>& shown) {
    for (const JudgedSample& sample : samples) {
      shown.push_back(
          {std::string(data_->split.sample_name(sample.id)), 1.0 - sample.loss, "", ""});
    }
  };
  show(extremes_->worst(), gallery.worst);
  show(extremes_->best(), gallery.best);
  return gallery;
}

NamedValues SegmentationEvaluator::finish(const EvaluationSums& sums) const {
  const double scored = sums.value("scored");
  if (scored == 0.0) {
    spdlog::warn("validation: nothing to score in {}",
                 counted(static_cast<uint64_t>(sums.value("volumes")), "volume"));
    return {};
  }
  const auto ignored = static_cast<uint64_t>(sums.value("ignored"));
  if (ignored > 0) {
    spdlog::info("validation: {} with nothing to score (every voxel is ignored), left out of means",
                 counted(ignored, "volume"));
  }
  return {{"val_dice", sums.value("dice") / scored},
          {"val_surface_dice", sums.value("surface_dice") / scored},
          {"val_voi_score", sums.value("voi_score") / scored}};
}

}  // namespace stoker
