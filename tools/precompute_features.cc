// precompute-features: the scroll6 channels of volumes, stored as float16 bricks to train from.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <functional>

#include "formats/tiff_volume.h"
#include "libdata/core/error.h"
#include "libdata/core/help_layout.h"
#include "libdata/core/parallel.h"
#include "libdata/core/program.h"
#include "libdata/core/units.h"
#include "libdata/volume/features.h"
#include "libdata/volume/volume_fields.h"
#include "tools/feature_packing.h"
#include "tools/volume_packing.h"
#include "tools/volume_program.h"
#include "tools/volume_record.h"
#include "tools/volume_source.h"

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
                       "distances), or of TIFF volumes as pack-volumes takes it",
                       options);
  begin_options(app, "Features");
  app.add_option("--features", options->features, "Which features")
      ->check(CLI::IsMember({"scroll6"}));
}

// What the two kinds of input have in common once they are opened.
struct FeatureJob {
  PackJob job;
  std::function<uint64_t(uint64_t item)> voxel_count;  // exact, reading what it must
};

void complete_features(const Options& options, const FeatureFields& fields, uint64_t largest_voxels,
                       PackJob& job) {
  const bool distance = fields.distance;
  complete_job({"precompute-features",
                feature_schema(fields),
                {{"features", std::string(kScroll6Definition)}},
                feature_working_bytes(largest_voxels, distance)},
               options, job);
}

// Says what a real run would take: exact bytes, and time measured on the first volume.
void print_estimate(const FeatureJob& features, bool distance) {
  const PackJob& job = features.job;
  std::vector<uint64_t> voxels(job.items.size());
  run_parallel(job.items.size(), [&](uint64_t item) {
    try {
      voxels[item] = features.voxel_count(item);
    } catch (const Error& error) {
      spdlog::warn("{}: {}", job.items[item].name, error.what());
    }
  });
  double total = 0;
  for (const uint64_t count : voxels)
    total += static_cast<double>(count);
  EncodedSample sample;
  const auto start = std::chrono::steady_clock::now();
  job.encode(0, sample);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const double voxels_per_second = static_cast<double>(voxels[0]) / took.count();
  const double bytes = total * feature_bytes_per_voxel(distance);
  fmt::print(
      "{:.3f} Gvoxel give about {}: {} to compute ({:.1f} Mvoxel/s on {} threads, measured "
      "on the first volume), {} to write at 1 GB/s\n",
      total / 1e9, format_byte_count(static_cast<uint64_t>(bytes)),
      format_duration(total / voxels_per_second), voxels_per_second / 1e6, thread_count(),
      format_duration(bytes / kPlainDiskBytesPerSecond));
}

void warn_of_a_small_disk(const PackJob& job, const Options& options) {
  double needed = 0;
  for (const PlannedItem& item : job.items)
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

int execute(FeatureJob& features, const Options& options, const CommonOptions& common) {
  warn_of_a_small_disk(features.job, options);
  if (options.pack.dry_run) print_estimate(features, options.volume.distance);
  return pack_volumes_and_report(features.job, options, common);
}

int run_from_tiff(const CommonOptions& common, const Options& options) {
  const VolumeListing listing = list_volume_folder(options.inputs, options.folder);
  FeatureJob features;
  PackJob& job = features.job;
  plan_listed_volumes(listing, options, feature_bytes_per_voxel(options.volume.distance), job);
  const FeatureFields fields{listing.has_labels, options.volume.distance,
                             scroll_field(listing.scroll_names)};
  complete_features(options, fields, largest_voxel_count(listing), job);
  const TiffFeatureEncoder encoder(listing, options.volume);
  job.encode = [&](uint64_t item, EncodedSample& sample) { encoder.encode(item, sample); };
  features.voxel_count = [&](uint64_t item) {
    const TiffStackInfo info = open_tiff_volume(listing.items[item].image).info;
    return info.volume_bytes() / dtype_size(info.dtype);
  };
  return execute(features, options, common);
}

int run_from_packed(const CommonOptions& common, Options options) {
  if (!options.volume.val_scrolls.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--val-scroll: packed volumes keep the splits they have; give --val-scroll to "
                "pack-volumes");
  }
  if (!options.folder.set.empty() || !options.folder.labels || options.voxels != "keep") {
    throw Error(ErrorCode::kInvalidArgument,
                "--set, --no-labels and --voxels are about TIFFs: packed volumes are what they "
                "are; give them to pack-volumes");
  }
  const PackedDataset volumes(options.inputs.front());
  const Schema& schema = volumes.schema();
  if (schema.find(kDistanceField)) options.volume.distance = true;
  const PackedFeatureEncoder encoder(volumes, options.volume.distance);
  FeatureJob features;
  PackJob& job = features.job;
  job.items = encoder.items();
  if (job.items.empty()) {
    throw Error(ErrorCode::kCorrupt, "the data set holds no volume", options.inputs.front());
  }
  job.plan_options = plan_options(options.pack);
  job.plan_options.splits = encoder.splits();
  job.manifest.notes = volumes.manifest().notes;
  uint64_t largest = 0;
  for (uint64_t item = 0; item < job.items.size(); ++item)
    largest = std::max(largest, encoder.voxel_count(item));
  const FeatureFields fields{schema.find(kLabelField).has_value(), options.volume.distance,
                             schema.fields[schema.require(kScrollField)]};
  complete_features(options, fields, largest, job);
  job.encode = [&](uint64_t item, EncodedSample& sample) { encoder.encode(item, sample); };
  // The key is made of the hashes of the stored voxels: no file's time says more.
  job.source_files = [](uint64_t) { return std::vector<fs::path>(); };
  job.hash_source = [&job](uint64_t item) { return job.items[item].content_key; };
  features.voxel_count = [&](uint64_t item) { return encoder.voxel_count(item); };
  return execute(features, options, common);
}

int run(const CommonOptions& common, Options options) {
  settle_flags(options);
  if (options.pack.merge) return merge_volumes_and_report(options);
  if (options.inputs.size() != 1) {
    throw Error(ErrorCode::kInvalidArgument, "expected one --input DIR");
  }
  check_places(options.pack, options.inputs);
  const fs::path input = options.inputs.front();
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
