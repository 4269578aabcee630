// stoker._core.ImageStream: batches of crops of packed images.
#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>

#include <memory>
#include <string>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/loader/image_fields.h"
#include "libdata/loader/image_loader.h"
#include "python/src/batch_stream.h"
#include "python/src/bindings.h"
#include "python/src/dataset_handle.h"
#include "python/src/stream_binding.h"

namespace stoker {

EpochTail parse_epoch_tail(const std::string& name) {
  if (name == "short") return EpochTail::kShort;
  if (name == "drop") return EpochTail::kDrop;
  if (name == "pad") return EpochTail::kPad;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("tail: expected 'short', 'drop' or 'pad', found '{}'", name));
}

namespace {
namespace nb = nanobind;
using namespace nb::literals;

using ImageBatches = BatchStream<ImageLoader, ImageBatch>;

struct ImageStream {
  ImageLoaderOptions options;
  uint64_t samples;
  ImageBatches stream;

  ImageStream(const std::shared_ptr<const OpenDataset>& dataset, const ImageLoaderOptions& asked)
      : options(check_loader_options(asked)),
        samples(dataset->split().sample_count()),
        stream(
            dataset,
            [data = dataset.get(), o = options] {
              return std::make_unique<ImageLoader>(data->split(), data->schema(), o);
            },
            options.batches_in_flight) {
    if (samples == 0) {
      throw Error(ErrorCode::kCorrupt, "expected samples, found an empty split",
                  dataset->data.where);
    }
    const Schema& schema = dataset->schema();
    check_image_field(schema.fields[schema.require(options.image_field)]);
    if (const auto label = schema.find(options.label_field))
      check_label_field(schema.fields[*label]);
  }
};

nb::dict arrays_of(const ImageBatches::Taken& taken) {
  const ImageBatch& batch = taken.batch;
  const auto count = static_cast<size_t>(batch.count);
  const auto crop = static_cast<size_t>(batch.crop);
  nb::dict arrays;
  arrays["image"] = batch_array(taken, batch.pixels.data(), DType::kUInt8,
                                {count, crop, crop, static_cast<size_t>(batch.channels)});
  // As losses want them.
  Bytes labels(count * sizeof(int64_t));
  for (size_t i = 0; i < count; ++i) {
    const int64_t label = batch.labels[i];
    std::memcpy(labels.data() + i * sizeof(label), &label, sizeof(label));
  }
  arrays["label"] = owned_array(std::move(labels), DType::kInt64, {count});
  arrays["id"] = batch_array(taken, batch.sample_ids.data(), DType::kInt64, {count});
  return arrays;
}

Channels parse_loader_channels(const std::string& name) {
  if (name == "rgb") return Channels::kRgb;
  if (name == "gray") return Channels::kGray;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("channels: expected 'rgb' or 'gray', found '{}'", name));
}

}  // namespace

void bind_image_stream(nb::module_& module) {
  nb::class_<ImageStream> bound(module, "ImageStream");
  bound.def(
      "__init__",
      [](ImageStream* self, const DatasetHandle& handle, int64_t batch_size, int64_t crop,
         bool training, const std::string& channels, std::pair<double, double> scale,
         std::pair<double, double> ratio, double flip, int64_t resize_short, uint64_t seed,
         const std::string& order, uint64_t window, const std::string& tail, uint32_t rank,
         uint32_t world_size, int threads, size_t batches_in_flight, const std::string& on_error,
         const std::string& io, bool fast_scale, const std::string& image_field,
         const std::string& label_field) {
        ImageLoaderOptions options;
        options.batch_size = batch_size;
        options.crop = crop;
        options.training = training;
        options.channels = parse_loader_channels(channels);
        options.random_crop = {scale.first, scale.second, ratio.first, ratio.second};
        options.flip_probability = flip;
        options.resize_short = resize_short;
        options.seed = seed;
        options.order = parse_sample_order(order);
        options.window_samples = window;
        options.tail = parse_epoch_tail(tail);
        options.rank = rank;
        options.world_size = world_size;
        options.threads = threads;
        options.batches_in_flight = batches_in_flight;
        options.on_error = parse_on_error(on_error);
        options.io = parse_io_mode(io);
        options.check_hashes = handle.data->check_hashes;
        options.fast_scale = fast_scale;
        options.image_field = image_field;
        options.label_field = label_field;
        new (self) ImageStream(dataset_for(handle, options.io), options);
      },
      "dataset"_a, nb::kw_only(), "batch_size"_a, "crop"_a, "training"_a, "channels"_a, "scale"_a,
      "ratio"_a, "flip"_a, "resize_short"_a, "seed"_a, "order"_a, "window"_a, "tail"_a, "rank"_a,
      "world_size"_a, "threads"_a, "batches_in_flight"_a, "on_error"_a, "io"_a, "fast_scale"_a,
      "image_field"_a, "label_field"_a);
  bind_stream<ImageStream>(bound, arrays_of);
}

}  // namespace stoker
