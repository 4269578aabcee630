// Patches a second from packed volumes in page cache, beside memcpy and beside decoding the whole
// TIFF, and what the data side of an epoch of 704 volumes x 4 patches would take.
//   bench-patches [--volumes N] [--side S] [--patch P] [--patches N] [--threads N]
// Volumes are drawn, packed and read in a folder of its own under --folder, removed at the end.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "formats/tiff.h"
#include "libdata/core/help_layout.h"
#include "libdata/core/parallel.h"
#include "libdata/core/program.h"
#include "libdata/core/random.h"
#include "libdata/loader/patch_loader.h"
#include "libdata/shard/shard_writer.h"
#include "libdata/volume/brick_encoder.h"
#include "libdata/volume/distance_transform.h"
#include "libdata/volume/features.h"
#include "libdata/volume/volume_fields.h"
#include "tools/memcpy_peer.h"

namespace stoker {
namespace {

struct Options {
  int64_t volumes = 8;
  int64_t side = 320;
  int64_t patch = 128;
  int64_t patches = 64;  // a volume, in each measurement but those of features
  std::string folder = std::filesystem::temp_directory_path();
  std::string io = "mmap";
  bool check_hashes = false;
};

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Drawn {
  Volume<uint8_t> image;
  Bytes label;
};

// Wavy sheets under noise; a band of every volume is unlabelled.
Drawn draw(int64_t side, uint64_t number) {
  Drawn drawn;
  drawn.image.size_zyx = {side, side, side};
  drawn.image.voxels.resize(static_cast<size_t>(side * side * side));
  drawn.label.resize(drawn.image.voxels.size());
  run_parallel(static_cast<uint64_t>(side), [&](uint64_t plane) {
    RandomStream random(number, 0, plane);
    const double z = static_cast<double>(plane);
    size_t i = plane * static_cast<size_t>(side * side);
    for (int64_t y = 0; y < side; ++y) {
      for (int64_t x = 0; x < side; ++x, ++i) {
        const double phase = 0.11 * static_cast<double>(x) + 2 * std::sin(0.02 * z) +
                             3 * std::sin(0.013 * static_cast<double>(y));
        const double sheet = std::sin(phase);
        drawn.image.voxels[i] =
            static_cast<uint8_t>(110 + 90 * sheet + static_cast<double>(random.next_u32() >> 28));
        const bool hidden = std::sin(0.017 * static_cast<double>(y + x) + 0.01 * z) > -0.2;
        drawn.label[i] = hidden ? 2 : sheet > 0.9 ? 1 : 0;
      }
    }
  });
  return drawn;
}

Schema bench_schema() {
  Schema schema;
  const auto add = [&](const char* name, Storage storage, DType dtype, const char* axes) {
    Field field;
    field.name = name;
    field.storage = storage;
    field.dtype = dtype;
    field.axes = axes;
    if (storage == Storage::kInline) field.shape = {kScroll6Channels};
    schema.fields.push_back(field);
  };
  add(kImageField, Storage::kBlob, DType::kUInt8, "ZYX");
  add(kLabelField, Storage::kBlob, DType::kUInt8, "ZYX");
  add(kDistanceField, Storage::kBlob, DType::kInt8, "ZYX");
  add(kFeatureMeanField, Storage::kInline, DType::kFloat32, "C");
  add(kFeatureStdField, Storage::kInline, DType::kFloat32, "C");
  return schema;
}

void append_volume(ShardWriter& writer, const Drawn& drawn, uint64_t number) {
  const Zyx& size = drawn.image.size_zyx;
  std::vector<int8_t> distance(drawn.label.size());
  signed_surface_distance(size, drawn.label, distance);
  const ByteSpan distance_bytes{reinterpret_cast<const uint8_t*>(distance.data()), distance.size()};
  const Bytes image =
      encode_bricks({size, 1, DType::kUInt8}, drawn.image.voxels, BrickContent::kIntensity);
  const Bytes label = encode_bricks({size, 1, DType::kUInt8}, drawn.label, BrickContent::kLabel);
  const Bytes steps =
      encode_bricks({size, 1, DType::kInt8}, distance_bytes, BrickContent::kDistance);
  const std::vector<float> mean(kScroll6Channels, 0.1f);
  const std::vector<float> stddev(kScroll6Channels, 2.0f);
  std::vector<FieldValue> values(5);
  const Bytes* blobs[] = {&image, &label, &steps};
  for (size_t i = 0; i < 3; ++i) {
    values[i].bytes = *blobs[i];
    values[i].codec = Codec::kBricks;
    for (size_t axis = 0; axis < 3; ++axis) {
      values[i].shape[axis] = static_cast<uint32_t>(size[axis]);
    }
    values[i].original_shape = values[i].shape;
  }
  values[3].bytes = {reinterpret_cast<const uint8_t*>(mean.data()), mean.size() * sizeof(float)};
  values[4].bytes = {reinterpret_cast<const uint8_t*>(stddev.data()),
                     stddev.size() * sizeof(float)};
  writer.append(std::to_string(number), values);
  if (number == 0) {
    const double voxels = static_cast<double>(drawn.label.size());
    std::printf("stored bits a voxel: image %.2f, label %.2f, distance %.2f\n",
                8 * static_cast<double>(image.size()) / voxels,
                8 * static_cast<double>(label.size()) / voxels,
                8 * static_cast<double>(steps.size()) / voxels);
  }
}

constexpr int kEpochs = 5;  // timed, after one that warms up

// Patches a second, the median; printed beside what memcpy did in turns with it.
double measure(const PackedSplit& split, PatchLoaderOptions options, const char* what) {
  PatchLoader loader(split, bench_schema(), options);
  MemcpyPeer copying(options.threads);
  std::vector<double> rates;
  double bytes = 0;
  for (uint64_t epoch = 0; epoch <= kEpochs; ++epoch) {
    copying.run_round();
    const auto start = Clock::now();
    bytes = 0;
    loader.start_epoch(epoch);
    while (const auto lease = loader.next()) {
      bytes += static_cast<double>((*lease)->image.size() + (*lease)->features.size_bytes() +
                                   (*lease)->label.size() + (*lease)->distance.size());
    }
    const double rate = static_cast<double>(loader.patches_per_epoch()) / seconds_since(start);
    if (epoch > 0) rates.push_back(rate);
  }
  std::sort(rates.begin(), rates.end());
  const double rate = rates[rates.size() / 2];
  const double per_patch = bytes / static_cast<double>(loader.patches_per_epoch());
  const StageTimes times = loader.times();
  const double share = rate * per_patch / copying.median_bytes_per_second();
  std::printf(
      "%-36s %7.1f patches/s  %5.2f GB/s delivered, memcpy %5.2f: %3.0f %%  (reading %.0f %%, "
      "computing %.0f %%)\n",
      what, rate, rate * per_patch / 1e9, copying.median_bytes_per_second() / 1e9, 100 * share,
      100 * times.decode / (times.decode + times.augment),
      100 * times.augment / (times.decode + times.augment));
  return rate;
}

// One patch the old way: the whole TIFF of image and label decoded, then cropped.
double decode_and_crop_rate(const Drawn& drawn, int64_t patch, int threads) {
  const Bytes image = encode_tiff(drawn.image, TiffCompression::kLzw);
  const Bytes label = encode_tiff({drawn.image.size_zyx, drawn.label}, TiffCompression::kLzw);
  constexpr int kPatches = 3;  // a thread
  const auto start = Clock::now();
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&] {
        for (int i = 0; i < kPatches; ++i) {
          for (const Bytes* file : {&image, &label}) {
            const std::vector<ByteSpan> files{*file};
            const TiffStackInfo info = probe_tiff(files);
            Bytes voxels(info.volume_bytes());
            decode_tiff_planes(files, info, 0, info.planes.size(), voxels);
            const int64_t side = info.size_zyx[0];
            Bytes crop(static_cast<size_t>(patch * patch * patch));
            for (int64_t row = 0; row < patch * patch; ++row) {
              std::memcpy(crop.data() + row * patch,
                          voxels.data() + (row / patch * side + row % patch) * side,
                          static_cast<size_t>(patch));
            }
          }
        }
      });
    }
  }
  return kPatches * threads / seconds_since(start);
}

int run(const Options& options) {
  const int threads = thread_count();
  const std::filesystem::path path =
      std::filesystem::path(options.folder) / "bench-patches-00000-of-00001.stk";
  ShardHeader header;
  header.alignment_bytes = 4096;
  ShardWriter writer(path, header, bench_schema());
  Drawn last;
  for (int64_t i = 0; i < options.volumes; ++i) {
    last = draw(options.side, static_cast<uint64_t>(i));
    append_volume(writer, last, static_cast<uint64_t>(i));
  }
  ShardMeta meta;
  meta.split = "bench";
  writer.finish(meta);
  std::vector<ShardReader> shards;
  shards.emplace_back(path);
  const PackedSplit split("bench", std::move(shards));

  PatchLoaderOptions loader;
  loader.sampling.patch_zyx = {options.patch, options.patch, options.patch};
  loader.sampling.patches_per_volume = options.patches;
  loader.threads = threads;
  loader.io = parse_io_mode(options.io);
  loader.check_hashes = HashCheck(options.check_hashes);
  loader.input = PatchInput::kImage;
  loader.with_label = false;
  loader.sampling.sampling = PatchSampling::kUniform;

  const PatchAugmentation augmentation = loader.sampling.augmentation;
  loader.sampling.augmentation = kNoAugmentation;
  measure(split, loader, "image");
  loader.sampling.augmentation = augmentation;
  measure(split, loader, "image, turned");
  loader.with_label = true;
  loader.sampling.augmentation = kNoAugmentation;
  const double labelled = measure(split, loader, "image and label");
  loader.sampling.augmentation = augmentation;
  loader.sampling.sampling = PatchSampling::kSurface;
  const double turned = measure(split, loader, "image and label, on surface, turned");
  const double decoded = decode_and_crop_rate(last, options.patch, threads);
  std::printf("decode whole LZW TIFFs, then crop: %.2f patches/s; ours %.0f x, turned %.0f x\n",
              decoded, labelled / decoded, turned / decoded);

  loader.input = PatchInput::kComputedFeatures;
  loader.with_distance = true;
  loader.sampling.patches_per_volume = 4;
  const double epoch = measure(split, loader, "computed features, label, distance");
  std::printf("704 volumes x 4 patches: %.1f s (kernel %s)\n", 704 * 4 / epoch,
              std::string(kernel_level_name(best_kernel_level())).c_str());
  std::filesystem::remove(path);
  return kExitDone;
}

}  // namespace
}  // namespace stoker

int main(int argc, char** argv) {
  stoker::Options options;
  return stoker::run_program(
      argc, argv, {"bench-patches", "Time patch loading beside memcpy and whole-TIFF decoding."},
      [&](CLI::App& app) {
        stoker::begin_options(app, "What to time");
        app.add_flag("--check-hashes", options.check_hashes, "compare every brick with its hash");
        app.add_option("--volumes", options.volumes, "volumes to draw")->check(CLI::Range(1, 1000));
        app.add_option("--side", options.side, "voxels along each axis of a volume");
        app.add_option("--patch", options.patch, "voxels along each axis of a patch");
        app.add_option("--patches", options.patches, "patches a volume");
        app.add_option("--folder", options.folder, "where the packed volumes go meanwhile");
        app.add_option("--io", options.io, "mmap or pread");
      },
      [&](const stoker::CommonOptions&) { return stoker::run(options); });
}
