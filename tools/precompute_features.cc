// precompute-features: the scroll6 channels of volumes, stored as float16 bricks to train from.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>

#include "formats/volume_reader.h"
#include "libdata/core/error.h"
#include "libdata/core/help_layout.h"
#include "libdata/core/parallel.h"
#include "libdata/core/program.h"
#include "libdata/core/units.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/packed_output.h"
#include "libdata/shard/packed_reader.h"
#include "libdata/volume/bricks.h"
#include "libdata/volume/volume_fields.h"
#include "tools/foreign_volumes.h"
#include "tools/transform/scroll6_fields.h"
#include "tools/volume_program.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

constexpr double kPlainDiskBytesPerSecond = 1e9;  // for the estimate of a dry run

struct Options : VolumeFlags {
  std::string features = "scroll6";
};

void declare(CLI::App& app, Options* options) {
  declare_volume_flags(app,
                       "Folder of packed volumes (dataset.json; they keep their splits and "
                       "distances), or of volumes as pack-volumes takes them",
                       options);
  begin_options(app, "Features");
  app.add_option("--features", options->features, "Which features")
      ->check(CLI::IsMember({"scroll6"}));
}

using VoxelCount = std::function<uint64_t(uint64_t item)>;  // exact, reading what it must

// Says what a real run would take: exact bytes, and time measured on the first volume.
void print_estimate(const Conversion& conversion, const Scroll6Fields& features,
                    const VoxelCount& voxel_count) {
  const std::vector<PlannedItem>& items = conversion.items();
  std::vector<uint64_t> voxels(items.size());
  run_parallel(items.size(), [&](uint64_t item) {
    try {
      voxels[item] = voxel_count(item);
    } catch (const Error& error) {
      spdlog::warn("{}: {}", items[item].name, error.what());
    }
  });
  double total = 0;
  for (const uint64_t count : voxels)
    total += static_cast<double>(count);
  Sample sample;
  const auto start = std::chrono::steady_clock::now();
  conversion.make_sample(0, sample);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const double voxels_per_second = static_cast<double>(voxels[0]) / took.count();
  const double bytes = total * features.bytes_per_voxel();
  fmt::print(
      "{:.3f} Gvoxel give about {}: {} to compute ({:.1f} Mvoxel/s on {} threads, measured "
      "on the first volume), {} to write at 1 GB/s\n",
      total / 1e9, format_byte_count(static_cast<uint64_t>(bytes)),
      format_duration(total / voxels_per_second), voxels_per_second / 1e6, thread_count(),
      format_duration(bytes / kPlainDiskBytesPerSecond));
}

void warn_of_a_small_disk(const Conversion& conversion, const Options& options) {
  double needed = 0;
  for (const PlannedItem& item : conversion.items())
    needed += static_cast<double>(item.estimated_bytes);
  fs::path folder = fs::absolute(options.pack.output);
  while (!fs::exists(folder) && folder.has_relative_path())
    folder = folder.parent_path();
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (!error && options.pack.part.empty() && needed > static_cast<double>(space.available)) {
    spdlog::warn("about {} will be written, the disk of {} has {} left",
                 format_byte_count(static_cast<uint64_t>(needed)), folder.string(),
                 format_byte_count(space.available));
  }
}

// What the kinds of input have in common once they are opened; `transforms` come before the
// features.
int execute(const SourceReader& reader, std::vector<const SampleTransform*> transforms,
            const VoxelCount& voxel_count, uint64_t largest_voxel_count, const Options& options,
            const CommonOptions& common, uint64_t reading_bytes = 0) {
  const Scroll6Fields features(transforms.empty() ? reader.schema() : transforms.back()->schema(),
                               options.distance);
  transforms.push_back(&features);
  PackedOutput output(options.pack.output, kBrickAlignment);
  const Conversion conversion(reader, transforms, output,
                              {"precompute-features", kVersion, describe(options)},
                              plan_options(options.pack, reader));
  warn_of_a_small_disk(conversion, options);
  if (options.pack.dry_run) print_estimate(conversion, features, voxel_count);
  return convert_volumes_and_report(
      conversion, reading_bytes + features.working_bytes(largest_voxel_count), options, common);
}

int run_from_tiff(const CommonOptions& common, const Options& options) {
  VolumeListing listing = list_volume_source(options);
  VolumeReaderOptions reading = reader_options(options);
  reading.image_bricks = false;
  const VolumeReader reader(std::move(listing), options.inputs.front(), reading);
  return execute(
      reader, {}, [&](uint64_t item) { return reader.voxel_count(item); },
      reader.largest_voxel_bound(), options, common);
}

int run_from_foreign(const Format& format, const CommonOptions& common, const Options& options) {
  const ForeignVolumes source(format, options);
  return execute(
      source.reader(), source.transforms(), [&](uint64_t item) { return source.voxel_count(item); },
      source.largest_voxel_count(), options, common, source.reading_bytes());
}

int run_from_packed(const CommonOptions& common, const Options& options) {
  if (!options.val_scrolls.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--val-scroll: packed volumes keep the splits they have; give --val-scroll to "
                "pack-volumes");
  }
  if (!options.folder.set.empty() || !options.folder.labels || options.voxels != "keep" ||
      !options.window.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--set, --no-labels, --voxels and --window are about other sources: packed volumes "
                "are what they are; give them to pack-volumes");
  }
  const PackedDataset volumes(options.inputs.front());
  // A distance follows from its label; decoding the image's bricks checks them.
  const PackedReader reader(volumes, options.inputs.front(),
                            {{kImageField, kLabelField}, {kImageField}});
  if (reader.items().empty()) {
    throw Error(ErrorCode::kCorrupt, "the data set holds no volume", options.inputs.front());
  }
  const size_t image = volumes.schema().require(kImageField);
  const auto voxel_count = [&](uint64_t item) {
    const Extents extents = reader.extents(item, image);
    return uint64_t{extents[0]} * extents[1] * extents[2];
  };
  uint64_t largest = 0;
  for (uint64_t item = 0; item < reader.items().size(); ++item)
    largest = std::max(largest, voxel_count(item));
  return execute(reader, {}, voxel_count, largest, options, common);
}

int run(const CommonOptions& common, Options options) {
  settle_flags(options);
  if (options.pack.merge) return merge_volumes_and_report(options);
  if (options.inputs.size() != 1) {
    throw Error(ErrorCode::kInvalidArgument, "expected one --input DIR");
  }
  check_places(options.pack, options.inputs);
  const fs::path input = options.inputs.front();
  if (const Format* foreign = find_foreign_format(options))
    return run_from_foreign(*foreign, common, options);
  if (fs::exists(input / kManifestName)) return run_from_packed(common, options);
  return run_from_tiff(common, options);
}

}  // namespace
}  // namespace stoker

int main(int argc, char** argv) {
  stoker::Options options;
  return stoker::run_program(
      argc, argv, {"precompute-features", "Compute feature channels of volumes, to train from."},
      [&](CLI::App& app) { stoker::declare(app, &options); },
      [&](const stoker::CommonOptions& common) { return stoker::run(common, options); });
}
