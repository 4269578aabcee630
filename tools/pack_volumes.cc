// pack-volumes: labelled TIFF volumes in the challenge layout into shards of bricks.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "formats/vesuvius.h"
#include "libdata/core/error.h"
#include "libdata/core/program.h"
#include "libdata/volume/bricks.h"
#include "tools/pack_flags.h"
#include "tools/volume_packing.h"
#include "tools/volume_quality.h"
#include "tools/volume_source.h"

namespace stoker {
namespace {

struct Options {
  std::vector<std::string> inputs;
  std::vector<std::string> targets;
  VolumePackOptions volume;
  PackFlags pack;
};

void declare(CLI::App& app, Options* options) {
  app.add_option("--input", options->inputs,
                 "Folder with train.csv, train_images/, train_labels/; with --merge: folders of "
                 "parts");
  app.add_option("--val-scroll", options->volume.val_scrolls,
                 "Scrolls whose volumes go to the split val");
  app.add_option("--targets", options->targets,
                 "distance: store the signed distance to the surface as well")
      ->check(CLI::IsMember({"distance"}));
  app.add_flag("--moments", options->volume.moments,
               "Store mean and deviation of the scroll6 channels, for features computed while "
               "training; takes about as long as everything else together");
  declare_pack_flags(app, &options->pack);
}

PackJob plan_job(const VolumeListing& listing, const Options& options) {
  PackJob job;
  job.items = plan_volumes(listing, options.volume, stored_bytes_per_voxel(options.volume));
  job.plan_options = plan_options(options.pack);
  job.plan_options.splits = volume_splits(options.volume);
  Manifest& manifest = job.manifest;
  manifest.tool = "pack-volumes";
  manifest.tool_version = kVersion;
  manifest.options = describe(options.volume);
  manifest.options.merge(describe(options.pack));
  manifest.schema = volume_schema(options.volume);
  manifest.sources = {describe_folder(options.inputs.front())};
  manifest.notes = listing.notes;
  job.plan = plan_pack(job.items, job.plan_options, manifest.schema, manifest.options);
  job.options.alignment_bytes = kBrickAlignment;
  job.options.unit = "volumes";
  job.options.samples_in_flight =
      volumes_in_flight(working_bytes(largest_voxel_count(listing), options.volume));
  return job;
}

int run(const CommonOptions& common, Options options) {
  options.volume.distance = !options.targets.empty();
  if (options.pack.merge) {
    const int code = merge_and_report(options.pack, options.inputs);
    print_quality(options.pack.output);
    return code;
  }
  const VolumeListing listing = list_volume_folder(options.inputs);
  PackJob job = plan_job(listing, options);
  const VolumeEncoder encoder(listing, options.volume);
  job.encode = [&](uint64_t item, EncodedSample& sample) { encoder.encode(item, sample); };
  return pack_and_report(
      job, options.pack, common, [&](const PackReport& report, nlohmann::ordered_json& json) {
        const auto volumes = volume_quality(options.pack.output, report.manifest);
        print_quality(volumes);
        json["quality"] = quality_json(volumes);
      });
}

}  // namespace
}  // namespace stoker

int main(int argc, char** argv) {
  stoker::Options options;
  return stoker::run_program(
      argc, argv, {"pack-volumes", "Pack labelled TIFF volumes into shards of bricks."},
      [&](CLI::App& app) { stoker::declare(app, &options); },
      [&](const stoker::CommonOptions& common) { return stoker::run(common, options); });
}
