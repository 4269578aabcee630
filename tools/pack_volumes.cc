// pack-volumes: labelled TIFF volumes in the challenge layout into shards of bricks.
#include <CLI/CLI.hpp>

#include "libdata/core/help_layout.h"
#include "libdata/core/program.h"
#include "tools/volume_packing.h"
#include "tools/volume_program.h"
#include "tools/volume_source.h"

namespace stoker {
namespace {

void declare(CLI::App& app, VolumeFlags* flags) {
  declare_volume_flags(app,
                       "Folder with train.csv (or test.csv), train_images/, train_labels/; without "
                       "a table: images/ or imagesTr/ and labels/, labelsTr/ or masks/",
                       flags);
  begin_options(app, "Features");
  app.add_flag("--moments", flags->volume.moments,
               "Store mean and deviation of the scroll6 channels, for features computed while "
               "training; takes about as long as everything else together");
}

int run(const CommonOptions& common, VolumeFlags flags) {
  settle_flags(flags);
  if (flags.pack.merge) return merge_volumes_and_report(flags);
  check_places(flags.pack, flags.inputs);
  const VolumeListing listing = list_volume_folder(flags.inputs, flags.folder);
  const VolumeKind kind = kind_of(listing, flags.volume);
  PackJob job;
  plan_listed_volumes(listing, flags, stored_bytes_per_voxel(flags.volume, kind), job);
  complete_job({"pack-volumes",
                volume_schema(flags.volume, kind),
                {},
                working_bytes(largest_voxel_count(listing), flags.volume, kind)},
               flags, job);
  const VolumeEncoder encoder(listing, flags.volume);
  job.encode = [&](uint64_t item, EncodedSample& sample) { encoder.encode(item, sample); };
  return pack_volumes_and_report(job, flags, common);
}

}  // namespace
}  // namespace stoker

int main(int argc, char** argv) {
  stoker::VolumeFlags flags;
  return stoker::run_program(
      argc, argv, {"pack-volumes", "Pack labelled TIFF volumes into shards of bricks."},
      [&](CLI::App& app) { stoker::declare(app, &flags); },
      [&](const stoker::CommonOptions& common) { return stoker::run(common, flags); });
}
