#include "trainer/feed/classification_data.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "libdata/core/error.h"
#include "libdata/loader/image_fields.h"
#include "libdata/shard/class_names.h"

namespace stoker {
namespace {

constexpr int64_t kDefaultCrop = 224;

void check_classes(const ClassificationData& data) {
  const JoinedSplit& train = *data.train;
  if (train.class_names.empty() || !train.schema.find("label")) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected a data set with classes and a field 'label'; this one has none",
                train.where);
  }
  if (!data.val) return;
  for (const std::string& note : check_same_classes({train.class_names, train.where},
                                                    {data.val->class_names, data.val->where}))
    spdlog::warn("{}", note);
}

// Before training, not at the first batch.
void check_fields(const JoinedSplit& data) {
  check_image_field(data.schema.fields[data.schema.require("image")]);
  check_label_field(data.schema.fields[data.schema.require("label")]);
}

// What the stored images of a split are, as its index tells.
struct ImageSurvey {
  bool all_gray = true;
  int64_t largest_short_side = 0;
};

ImageSurvey survey_images(const JoinedSplit& data) {
  ImageSurvey survey;
  const size_t field = data.schema.require("image");
  for (const ShardReader& shard : data.split.shards()) {
    for (uint64_t sample = 0; sample < shard.sample_count(); ++sample) {
      const Extents shape = shard.blob(sample, field).shape;  // HWC
      survey.all_gray = survey.all_gray && shape[2] == 1;
      survey.largest_short_side =
          std::max<int64_t>(survey.largest_short_side, std::min(shape[0], shape[1]));
    }
  }
  return survey;
}

ImageLoaderOptions loader_options(const TrainOptions& options, int threads) {
  const DataOptions& data = options.data;
  ImageLoaderOptions loader;
  set_loading_options(data, threads, loader);
  loader.crop = data.crop;
  loader.channels = data.channels == "1" ? Channels::kGray : Channels::kRgb;
  loader.seed = options.run.seed;
  return loader;
}

}  // namespace

ClassificationData open_classification_data(const DataOptions& options) {
  ClassificationData data{open_training_data(options)};
  check_classes(data);
  check_fields(*data.train);
  if (data.val) check_fields(*data.val);
  return data;
}

void settle_data_options(const ClassificationData& data, DataOptions& options) {
  const ImageSurvey train = survey_images(*data.train);
  if (options.channels == "auto") options.channels = train.all_gray ? "1" : "3";
  if (options.channels != "1" && options.channels != "3") {
    throw Error(ErrorCode::kInvalidArgument,
                "--channels: images have 1 or 3, not " + options.channels);
  }
  if (options.crop == 0) options.crop = std::min(kDefaultCrop, train.largest_short_side);
  if (options.val_resize == 0 && data.val != nullptr) {
    const bool fits = survey_images(*data.val).largest_short_side <= options.crop;
    options.val_resize = fits ? options.crop : (options.crop * 256 + 112) / 224;
  }
  const size_t channels = options.channels == "1" ? 1 : 3;
  if (options.mean.empty()) {
    options.mean = channels == 1 ? std::vector{0.5} : std::vector{0.485, 0.456, 0.406};
    options.std = channels == 1 ? std::vector{0.5} : std::vector{0.229, 0.224, 0.225};
  }
  if (options.mean.size() != channels) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--mean and --std: expected {} values, one a channel, found {}",
                            channels, options.mean.size()));
  }
}

ImageLoaderOptions train_loader_options(const TrainOptions& options, int threads) {
  ImageLoaderOptions loader = loader_options(options, threads);
  loader.training = true;
  loader.random_crop.min_scale = options.data.min_scale;
  loader.flip_probability = options.data.flip;
  loader.order = parse_sample_order(options.data.order);
  // A short last batch would have its own say in the batch norms; the shuffle sees to it that
  // nobody is left out for long. Where there is no more than that one, it is the epoch.
  loader.tail = EpochTail::kDropUnlessAlone;
  return loader;
}

ImageLoaderOptions val_loader_options(const TrainOptions& options, int threads) {
  ImageLoaderOptions loader = loader_options(options, threads);
  loader.training = false;
  loader.resize_short = options.data.val_resize;
  loader.order = SampleOrder::kSequential;
  loader.tail = EpochTail::kShort;
  return loader;
}

}  // namespace stoker
