// pack-volumes: labelled volumes, TIFF, NIfTI, Zarr or HDF5, into shards of bricks.
#include <CLI/CLI.hpp>
#include <vector>

#include "libdata/core/help_layout.h"
#include "libdata/core/program.h"
#include "libdata/shard/packed_output.h"
#include "libdata/volume/bricks.h"
#include "tools/foreign_volumes.h"
#include "tools/transform/volume_brick.h"
#include "tools/volume_program.h"

namespace stoker {
namespace {

void declare(CLI::App& app, VolumeFlags* flags) {
  declare_volume_flags(
      app,
      "Folder with train.csv (or test.csv), train_images/, train_labels/; without "
      "a table: images/ or imagesTr/ and labels/, labelsTr/ or masks/; or NIfTI files, "
      "an nnU-Net folder, Zarr or HDF5",
      flags);
  begin_options(app, "Features");
  app.add_flag("--moments", flags->moments,
               "Store mean and deviation of the scroll6 channels, for features computed while "
               "training; takes about as long as everything else together");
}

int run_from_foreign(const Format& format, const CommonOptions& common, const VolumeFlags& flags) {
  const ForeignVolumes source(format, flags);
  const VolumeBrick bricks(source.schema(), {flags.distance, flags.moments});
  std::vector<const SampleTransform*> transforms = source.transforms();
  transforms.push_back(&bricks);
  PackedOutput output(flags.pack.output, kBrickAlignment);
  const Conversion conversion(source.reader(), transforms, output,
                              {"pack-volumes", kVersion, describe(flags)},
                              plan_options(flags.pack, source.reader()));
  const uint64_t bytes =
      source.reading_bytes() + bricks.working_bytes(source.largest_voxel_count());
  return convert_volumes_and_report(conversion, bytes, flags, common);
}

int run(const CommonOptions& common, VolumeFlags flags) {
  settle_flags(flags);
  if (flags.pack.merge) return merge_volumes_and_report(flags);
  check_places(flags.pack, flags.inputs);
  if (const Format* foreign = find_foreign_format(flags))
    return run_from_foreign(*foreign, common, flags);
  VolumeListing listing = list_volume_source(flags);
  VolumeReaderOptions reading = reader_options(flags);
  reading.image_voxels = flags.moments;
  const VolumeReader reader(std::move(listing), flags.inputs.front(), reading);
  const VolumeBrick bricks(reader.schema(), {flags.distance, flags.moments});
  PackedOutput output(flags.pack.output, kBrickAlignment);
  const Conversion conversion(reader, {&bricks}, output,
                              {"pack-volumes", kVersion, describe(flags)},
                              plan_options(flags.pack, reader));
  return convert_volumes_and_report(conversion, bricks.working_bytes(reader.largest_voxel_bound()),
                                    flags, common);
}

}  // namespace
}  // namespace stoker

int main(int argc, char** argv) {
  stoker::VolumeFlags flags;
  return stoker::run_program(
      argc, argv, {"pack-volumes", "Pack labelled volumes into shards of bricks."},
      [&](CLI::App& app) { stoker::declare(app, &flags); },
      [&](const stoker::CommonOptions& common) { return stoker::run(common, flags); });
}
