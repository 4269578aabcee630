#include "tools/volume_program.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "libdata/core/choice_option.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/help_layout.h"
#include "libdata/volume/bricks.h"
#include "tools/volume_quality.h"
#include "tools/volume_source.h"

namespace stoker {

void declare_volume_flags(CLI::App& app, const std::string& input_help, VolumeFlags* flags) {
  begin_options(app, "Volumes");
  app.add_option("--input", flags->inputs, input_help + "; with --merge: folders of parts")
      ->type_name("DIR");
  add_choice(app, "--set", flags->folder.set, {"train", "test"},
             "Which of train.csv and test.csv, where both are there; default: train");
  app.add_flag("!--no-labels", flags->folder.labels,
               "Pack images alone, to be predicted; a folder of TIFFs will do");
  add_choice(app, "--voxels", flags->voxels, {"keep", "8"},
             "16-bit images: keep (used as value * 255 / 65535), or 8: round(value / 257)");
  app.add_option("--val-scroll", flags->volume.val_scrolls,
                 "Scrolls whose volumes go to the split val");
  app.add_option("--targets", flags->targets,
                 "distance: store the signed distance to the surface as well")
      ->check(CLI::IsMember({"distance"}));
  declare_pack_flags(app, &flags->pack);
}

void settle_flags(VolumeFlags& flags) {
  flags.volume.distance = !flags.targets.empty();
  flags.volume.labels = flags.folder.labels;
  flags.volume.keep_voxels = flags.voxels == "keep";
  if (flags.volume.distance && !flags.volume.labels) {
    throw Error(ErrorCode::kInvalidArgument,
                "--targets distance is computed from labels: it does not go with --no-labels");
  }
}

void plan_listed_volumes(const VolumeListing& listing, const VolumeFlags& flags,
                         double stored_bytes_per_voxel, PackJob& job) {
  if (flags.volume.distance && !listing.has_labels) {
    throw Error(ErrorCode::kInvalidArgument,
                "--targets distance is computed from labels, and this set has none");
  }
  job.items = plan_volumes(listing, flags.volume, stored_bytes_per_voxel);
  job.plan_options = plan_options(flags.pack);
  job.plan_options.splits = volume_splits(flags.volume);
  job.manifest.notes = listing.notes;
  job.source_files = [&listing](uint64_t item) {
    std::vector<std::filesystem::path> files;
    for (const std::filesystem::path& path :
         {listing.items[item].image, listing.items[item].label}) {
      if (path.empty()) continue;
      if (!std::filesystem::is_directory(path)) {
        files.push_back(path);
        continue;
      }
      for (std::filesystem::path& slice : list_files(path))
        files.push_back(std::move(slice));
    }
    return files;
  };
}

void complete_job(const VolumeProduct& product, const VolumeFlags& flags, PackJob& job) {
  Manifest& manifest = job.manifest;
  manifest.tool = product.tool;
  manifest.tool_version = kVersion;
  manifest.options = describe(flags.volume);
  manifest.options.insert(product.options.begin(), product.options.end());
  manifest.options.merge(describe(flags.pack));
  manifest.schema = product.schema;
  manifest.sources = {describe_folder(flags.inputs.front())};
  job.inputs = {flags.inputs.begin(), flags.inputs.end()};
  job.plan = plan_pack(job.items, job.plan_options, manifest.schema, manifest.options);
  job.options.alignment_bytes = kBrickAlignment;
  job.options.unit = "volumes";
  job.options.samples_in_flight = volumes_in_flight(product.working_bytes);
}

int pack_volumes_and_report(PackJob& job, const VolumeFlags& flags, const CommonOptions& common) {
  return pack_and_report(job, flags.pack, common,
                         [&](const PackReport& report, nlohmann::ordered_json& json) {
                           const auto volumes = volume_quality(flags.pack.output, report.manifest);
                           print_quality(volumes);
                           json["quality"] = quality_json(volumes);
                         });
}

int merge_volumes_and_report(const VolumeFlags& flags) {
  const int code = merge_and_report(flags.pack, flags.inputs);
  if (!flags.pack.dry_run) print_quality(flags.pack.output);
  return code;
}

}  // namespace stoker
