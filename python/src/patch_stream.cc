// stoker._core.PatchStream: batches of patches of packed volumes.
#include <nanobind/nanobind.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/string.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/loader/patch_loader.h"
#include "libdata/loader/patch_sampler.h"
#include "python/src/batch_stream.h"
#include "python/src/bindings.h"
#include "python/src/dataset_handle.h"
#include "python/src/stream_binding.h"

namespace stoker {
namespace nb = nanobind;
using namespace nb::literals;
namespace {

using PatchBatches = BatchStream<PatchLoader, PatchBatch>;

struct PatchStream {
  PatchLoaderOptions options;
  uint64_t samples;
  PatchBatches stream;

  PatchStream(const std::shared_ptr<const OpenDataset>& dataset, const PatchLoaderOptions& asked)
      : options(check_loader_options(asked)),
        samples(PatchSampler(dataset->split(), dataset->schema(), options.sampling).patch_count()),
        stream(
            dataset,
            [data = dataset.get(), o = options] {
              return std::make_unique<PatchLoader>(data->split(), data->schema(), o);
            },
            options.batches_in_flight) {}
};

// A member of every PatchPlace of a batch, which lie one after another.
nb::object places_array(const PatchBatches::Taken& taken, size_t offset_bytes, size_t values) {
  constexpr auto kStride = static_cast<int64_t>(sizeof(PatchPlace) / sizeof(int64_t));
  const auto* first = reinterpret_cast<const uint8_t*>(taken.batch.places.data()) + offset_bytes;
  const auto count = static_cast<size_t>(taken.batch.count);
  if (values == 1) return batch_array(taken, first, DType::kInt64, {count}, {kStride});
  return batch_array(taken, first, DType::kInt64, {count, values}, {kStride, 1});
}

nb::dict patch_arrays(const PatchBatches::Taken& taken) {
  const PatchBatch& batch = taken.batch;
  const auto count = static_cast<size_t>(batch.count);
  const auto channels = static_cast<size_t>(batch.channels);
  const ArrayShape zyx(batch.patch_zyx.begin(), batch.patch_zyx.end());
  const ArrayShape single{count, zyx[0], zyx[1], zyx[2]};
  const ArrayShape all{count, channels, zyx[0], zyx[1], zyx[2]};
  nb::dict arrays;
  if (!batch.image.empty())
    arrays["image"] = batch_array(taken, batch.image.data(), DType::kUInt8, all);
  if (!batch.image16.empty())
    arrays["image"] = batch_array(taken, batch.image16.data(), DType::kUInt16, all);
  if (!batch.features.empty())
    arrays["features"] = batch_array(taken, batch.features.data(), DType::kFloat16, all);
  if (!batch.label.empty())
    arrays["label"] = batch_array(taken, batch.label.data(), DType::kUInt8, single);
  if (!batch.distance.empty())
    arrays["distance"] = batch_array(taken, batch.distance.data(), DType::kInt8, single);
  arrays["factor"] = batch_array(taken, batch.factor.data(), DType::kFloat32, {count, channels});
  arrays["offset"] = batch_array(taken, batch.offset.data(), DType::kFloat32, {count, channels});
  arrays["id"] = places_array(taken, offsetof(PatchPlace, volume), 1);
  arrays["origin"] = places_array(taken, offsetof(PatchPlace, box) + offsetof(Box, begin_zyx), 3);
  arrays["extent"] = places_array(taken, offsetof(PatchPlace, box) + offsetof(Box, size_zyx), 3);
  return arrays;
}

}  // namespace

void bind_patch_stream(nb::module_& module) {
  nb::class_<PatchStream> bound(module, "PatchStream");
  bound.def(
      "__init__",
      [](PatchStream* self, const DatasetHandle& handle, int64_t batch_size, const Zyx& patch,
         const std::string& sampling, double surface_fraction, int64_t patches_per_volume,
         const Zyx& grid_stride, bool augment, const std::string& input, bool label, bool distance,
         bool standardize, uint64_t seed, const std::string& order, const std::string& tail,
         uint32_t rank, uint32_t world_size, int threads, size_t batches_in_flight,
         const std::string& on_error, const std::string& io) {
        PatchLoaderOptions options;
        options.sampling.patch_zyx = patch;
        options.sampling.sampling = parse_patch_sampling(sampling);
        options.sampling.surface_fraction = surface_fraction;
        options.sampling.patches_per_volume = patches_per_volume;
        options.sampling.grid_stride_zyx = grid_stride;
        if (!augment) options.sampling.augmentation = kNoAugmentation;
        options.sampling.seed = seed;
        options.input = parse_patch_input(input);
        options.with_label = label;
        options.with_distance = distance;
        options.standardize = standardize;
        options.batch_size = batch_size;
        options.order = parse_sample_order(order);
        options.tail = parse_epoch_tail(tail);
        options.rank = rank;
        options.world_size = world_size;
        options.threads = threads;
        options.batches_in_flight = batches_in_flight;
        options.on_error = parse_on_error(on_error);
        options.io = parse_io_mode(io);
        options.check_hashes = handle.data->check_hashes;
        new (self) PatchStream(dataset_for(handle, options.io), options);
      },
      "dataset"_a, nb::kw_only(), "batch_size"_a, "patch"_a, "sampling"_a, "surface_fraction"_a,
      "patches_per_volume"_a, "grid_stride"_a, "augment"_a, "input"_a, "label"_a, "distance"_a,
      "standardize"_a, "seed"_a, "order"_a, "tail"_a, "rank"_a, "world_size"_a, "threads"_a,
      "batches_in_flight"_a, "on_error"_a, "io"_a);
  bind_stream<PatchStream>(bound, patch_arrays);
}

}  // namespace stoker
