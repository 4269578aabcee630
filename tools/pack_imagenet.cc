// pack-imagenet: ImageNet archives and class-folder trees into shards.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <tuple>

#include "formats/image_reader.h"
#include "formats/image_source.h"
#include "libdata/core/error.h"
#include "libdata/core/help_layout.h"
#include "libdata/core/program.h"
#include "libdata/shard/packed_output.h"
#include "tools/image_flags.h"
#include "tools/pack_flags.h"
#include "tools/source_notes.h"
#include "tools/transform/image_encode.h"

namespace stoker {
namespace {

struct Options {
  std::vector<std::string> inputs;
  std::string split;
  std::string devkit;
  std::string class_from;
  std::vector<std::string> exclude;
  ImagePackOptions image;
  PackFlags pack;
};

void declare(CLI::App& app, Options* options) {
  begin_options(app, "Input");
  app.add_option(
         "--input", options->inputs,
         "ILSVRC2012_img_train.tar, ILSVRC2012_img_val.tar (with --devkit), or a folder with "
         "one sub-folder a class; with --merge: folders of parts")
      ->type_name("PATH");
  app.add_option("--devkit", options->devkit,
                 "Labels of the validation images: the devkit (tar.gz or folder), valprep.sh, or "
                 "LOC_val_solution.csv")
      ->type_name("PATH");
  app.add_option(
         "--class-from", options->class_from,
         "folder: the first below the input, whatever its name; filename: the WordNet id in "
         "the file's name; FILE.csv or FILE.csv:COLUMN: a table of image,label (default: "
         "folders, or what the names say; what leaves a choice is refused)")
      ->type_name("RULE");
  app.add_option("--exclude", options->exclude,
                 "Leave out what matches this glob, anywhere below the input, and all in it: "
                 "'meta', '*.png', 'raw/*/old'; * also stands for '/', as in tar. Repeatable")
      ->allow_extra_args(false)
      ->type_name("GLOB");
  declare_split_flag(
      app, &options->split,
      "Name of the split: letters, digits, '_', '-', '.' (default: of each input, val "
      "for validation images, else what the name of the folder that holds all "
      "classes, or of the input, says: train, val, test; else train)");
  begin_options(app, "Images");
  declare_image_flags(app, &options->image);
  declare_pack_flags(app, &options->pack);
}

// The order of the source's bytes: --order input reads them in sequence.
void sort_by_place(SourceListing& listing) {
  std::stable_sort(listing.items.begin(), listing.items.end(),
                   [](const SourceItem& a, const SourceItem& b) {
                     return std::tie(a.file, a.offset_bytes) < std::tie(b.file, b.offset_bytes);
                   });
}

int run(const CommonOptions& common, Options options) {
  if (options.pack.merge) return merge_and_report(options.pack, options.inputs);
  if (options.inputs.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "expected --input PATH...");
  }
  check_places(options.pack, options.inputs);
  options.image.seed = options.pack.seed;
  check_options(options.image);
  ImageSourceOptions source;
  if (!options.devkit.empty()) source.devkit = options.devkit;
  source.skip_damaged = options.pack.skip_bad_samples;
  source.class_from = options.class_from;
  source.exclude = options.exclude;
  source.split = options.split;
  SourceListing listing;
  list_sources(options.inputs, [&] {
    listing = list_image_source({options.inputs.begin(), options.inputs.end()}, source);
    if (listing.items.empty()) {
      throw Error(ErrorCode::kCorrupt, "the sources hold no image", options.inputs.front());
    }
  });
  warn_of_notes(listing.notes);
  if (options.pack.order == PackOrder::kInput) sort_by_place(listing);
  const ImageReader reader(std::move(listing));
  const ImageEncode encode(reader.schema(), options.image);
  PackedOutput output(options.pack.output);
  const Conversion conversion(reader, {&encode}, output,
                              {"pack-imagenet", kVersion, describe(options.pack)},
                              plan_options(options.pack, reader));
  ConvertOptions convert_options;
  convert_options.inputs = {options.inputs.begin(), options.inputs.end()};
  return convert_and_report(conversion, convert_options, options.pack, common);
}

}  // namespace
}  // namespace stoker

int main(int argc, char** argv) {
  stoker::Options options;
  return stoker::run_program(
      argc, argv, {"pack-imagenet", "Pack ImageNet archives or class folders into shards."},
      [&](CLI::App& app) { stoker::declare(app, &options); },
      [&](const stoker::CommonOptions& common) { return stoker::run(common, options); });
}
