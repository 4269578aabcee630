#include "tools/volume_program.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "libdata/core/choice_option.h"
#include "libdata/core/error.h"
#include "libdata/core/help_layout.h"
#include "tools/source_notes.h"
#include "tools/transform/volume_brick.h"
#include "tools/volume_quality.h"

namespace stoker {

void declare_volume_flags(CLI::App& app, const std::string& input_help, VolumeFlags* flags) {
  begin_options(app, "Volumes");
  app.add_option("--input", flags->inputs, input_help + "; with --merge: folders of parts")
      ->type_name("DIR");
  add_choice(app, "--set", flags->folder.set, {"train", "val", "test"},
             "Which of train.csv, val.csv and test.csv, where several are there; default: train");
  app.add_flag("!--no-labels", flags->folder.labels,
               "Pack images alone, to be predicted; a folder of TIFFs will do");
  add_choice(app, "--voxels", flags->voxels, {"keep", "8"},
             "16-bit images: keep (used as value * 255 / 65535), or 8: round(value / 257)");
  app.add_option(
         "--window", flags->window,
         "Of NIfTI and other formats: values that become 0 and 65535 (with --voxels 8: 255), "
         "what is outside becomes the nearer end; int16 and float images need it")
      ->type_name("LO,HI");
  app.add_option("--val-scroll", flags->val_scrolls, "Scrolls whose volumes go to the split val");
  app.add_option("--targets", flags->targets,
                 "distance: store the signed distance to the surface as well")
      ->check(CLI::IsMember({"distance"}));
  declare_pack_flags(app, &flags->pack);
}

void settle_flags(VolumeFlags& flags) {
  flags.distance = !flags.targets.empty();
  if (flags.distance && !flags.folder.labels) {
    throw Error(ErrorCode::kInvalidArgument,
                "--targets distance is computed from labels: it does not go with --no-labels");
  }
}

VolumeReaderOptions reader_options(const VolumeFlags& flags) {
  VolumeReaderOptions options;
  options.keep_voxels = flags.voxels == "keep";
  options.val_scrolls = flags.val_scrolls;
  options.label_voxels = flags.distance;
  return options;
}

VolumeListing list_volume_source(const VolumeFlags& flags) {
  if (flags.inputs.size() != 1) {
    throw Error(ErrorCode::kInvalidArgument, "expected one --input DIR");
  }
  if (!flags.window.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--window: TIFF volumes are uint8 or uint16 and keep their scale; it is for NIfTI "
                "and the like");
  }
  VolumeListing listing;
  list_sources(flags.inputs,
               [&] { listing = list_volume_folder(flags.inputs.front(), flags.folder); });
  warn_of_notes(listing.notes);
  if (flags.distance && !listing.has_labels) {
    throw Error(ErrorCode::kInvalidArgument,
                "--targets distance is computed from labels, and this set has none");
  }
  return listing;
}

std::map<std::string, std::string> describe(const VolumeFlags& flags) {
  std::map<std::string, std::string> text = describe(flags.pack);
  text["val-scroll"] = fmt::format("{}", fmt::join(flags.val_scrolls, " "));
  if (!flags.folder.labels) text["labels"] = "none";
  if (flags.voxels != "keep") text["voxels"] = "8";
  return text;
}

int convert_volumes_and_report(const Conversion& conversion, uint64_t working_bytes,
                               const VolumeFlags& flags, const CommonOptions& common) {
  ConvertOptions options;
  options.inputs = {flags.inputs.begin(), flags.inputs.end()};
  options.unit = "volumes";
  options.samples_in_flight = volumes_in_flight(working_bytes);
  return convert_and_report(conversion, options, flags.pack, common,
                            [&](const PackReport& report, nlohmann::ordered_json& json) {
                              const auto volumes =
                                  volume_quality(flags.pack.output, report.manifest);
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
