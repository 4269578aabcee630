// convert-dataset: from any format that is read to any that is written.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "formats/brace_names.h"
#include "formats/format_table.h"
#include "libdata/core/error.h"
#include "libdata/core/help_layout.h"
#include "libdata/core/program.h"
#include "libdata/sample/selected_reader.h"
#include "libdata/volume/volume_schema.h"
#include "tools/conversion_chain.h"
#include "tools/image_flags.h"
#include "tools/pack_flags.h"
#include "tools/placed_reader.h"
#include "tools/sample_filter.h"
#include "tools/source_notes.h"
#include "tools/transform/volume_brick.h"
#include "tools/transform/volume_forms.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> inputs;
  std::string from;
  std::string to;
  std::vector<std::string> fields;  // NAME=SOURCE
  std::vector<std::string> dropped;
  std::string split;
  std::string filter;
  std::string devkit;
  std::string class_from;
  std::vector<std::string> exclude;
  std::string geometry_from;
  std::string compression;
  ImagePackOptions image;
  PackFlags pack;
  const CLI::App* app = nullptr;  // which of them were given
};

std::string names_of_formats(bool written) {
  std::vector<std::string_view> names;
  for (const Format* format : all_formats()) {
    const bool has = written ? format->make_output != nullptr : format->open_reader != nullptr;
    if (has) names.push_back(format->name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

void declare(CLI::App& app, Options* options) {
  options->app = &app;
  begin_options(app, "Input");
  app.add_option(
         "--input", options->inputs,
         "What to convert: files or folders of one format; several are joined (names may have "
         "a range in braces, 000..146). With --merge: folders of parts")
      ->type_name("PATH");
  app.add_option(
         "--from", options->from,
         "Format of the input: " + names_of_formats(false) + " (default: what it looks like)")
      ->type_name("FORMAT");
  app.add_option("--field", options->fields,
                 "Which of the source's fields is to be called NAME, for formats that name their "
                 "own: image=x, label=y. Repeatable")
      ->allow_extra_args(false)
      ->type_name("NAME=SOURCE");
  app.add_option("--devkit", options->devkit,
                 "Of a folder or tar: labels of ImageNet's validation images")
      ->type_name("PATH");
  app.add_option("--class-from", options->class_from,
                 "Of a folder or tar: where classes stand, as pack-imagenet has it")
      ->type_name("RULE");
  app.add_option("--exclude", options->exclude,
                 "Of a folder or tar: leave out what matches this glob. Repeatable")
      ->allow_extra_args(false)
      ->type_name("GLOB");
  app.add_option("--geometry-from", options->geometry_from,
                 "Of volumes that do not say where they lie, such as predict's masks: a source of "
                 "volumes of the same names that does (NIfTI, or packed from it)")
      ->type_name("PATH");
  begin_options(app, "Selection");
  declare_split_flag(app, &options->split,
                     "Of a source with splits: convert this one alone; of one without: the name it "
                     "gets (default: what the input's name says, else train)");
  app.add_option("--filter", options->filter,
                 "Convert what matches alone: \"class in cat,dog and not name ~ '*_flip*'\"; keys "
                 "are name, split, class, label; =, !=, ~ (glob), in, <, <=, >, >=")
      ->type_name("EXPR");
  app.add_option("--drop", options->dropped, "Leave out this field. Repeatable")
      ->allow_extra_args(false)
      ->type_name("FIELD");
  begin_options(app, "Format of the output");
  app.add_option("--to", options->to, "Format to write: " + names_of_formats(true))
      ->type_name("FORMAT");
  app.add_option("--compression", options->compression,
                 "none, or a codec of the output's format with its level, such as gzip:4 (default: "
                 "what readers of the format expect)")
      ->type_name("CODEC");
  declare_image_flags(app, &options->image);
  declare_pack_flags(app, &options->pack);
}

std::map<std::string, std::string> parse_fields(const std::vector<std::string>& fields) {
  std::map<std::string, std::string> sources;
  for (const std::string& field : fields) {
    const size_t equals = field.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == field.size()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("--field: expected NAME=SOURCE, found '{}'", field));
    }
    if (!sources.emplace(field.substr(0, equals), field.substr(equals + 1)).second) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("--field names '{}' twice", field.substr(0, equals)));
    }
  }
  return sources;
}

SourceRequest request_of(const Options& options) {
  SourceRequest request;
  request.inputs = {options.inputs.begin(), options.inputs.end()};
  request.fields = parse_fields(options.fields);
  request.split = options.split;
  request.skip_damaged = options.pack.skip_bad_samples;
  if (!options.devkit.empty()) request.devkit = options.devkit;
  request.class_from = options.class_from;
  request.exclude = options.exclude;
  return request;
}

OutputRequest output_request(const Options& options, const Schema& schema) {
  return {options.pack.output, schema, options.compression};
}

// The source with the places that --geometry-from says; null where that was not given.
std::unique_ptr<SourceReader> place_source(const SourceReader& source, const Options& options) {
  if (options.geometry_from.empty()) return nullptr;
  SourceRequest request;
  request.inputs = {options.geometry_from};
  request.labels = false;
  return std::make_unique<PlacedReader>(source, detect_format(request.inputs).open_reader(request));
}

// Which items --split and --filter want.
SelectedReader::Keeps wanted_items(const SourceReader& source, const Options& options) {
  const std::vector<std::string>& splits = source.facts().splits;
  SampleFilter filter;
  if (!options.filter.empty()) filter = parse_sample_filter(options.filter, source);
  size_t split = splits.size();  // any
  if (!options.split.empty()) {
    split = static_cast<size_t>(std::find(splits.begin(), splits.end(), options.split) -
                                splits.begin());
    if (split == splits.size()) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("--split {}: the source has {}",
                                                           options.split, fmt::join(splits, ", ")));
    }
  }
  return [&source, filter, split, all = splits.size()](uint64_t item) {
    return (split == all || source.items()[item].split == split) && (!filter || filter(item));
  };
}

ImageWishes image_wishes(const Options& options) {
  ImageWishes wishes;
  wishes.options = options.image;
  wishes.options.seed = options.pack.seed;
  wishes.encoding_given = options.app->count("--encode") > 0;
  for (const char* flag : {"--max-side", "--short-side", "--orientation", "--check-decode"})
    wishes.any_given = wishes.any_given || options.app->count(flag) > 0;
  wishes.any_given = wishes.any_given || wishes.encoding_given;
  return wishes;
}

// A volume read, as bricks and as an array, and what codecs need beside.
constexpr uint64_t kVolumeCopies = 3;

ConvertOptions convert_options(const SourceReader& reader, const Options& options) {
  ConvertOptions convert;
  convert.inputs = {options.inputs.begin(), options.inputs.end()};
  convert.unit = "samples";
  if (has_volumes(reader.schema())) {
    uint64_t largest = 1;
    for (const PlannedItem& item : reader.items())
      largest = std::max(largest, item.estimated_bytes);
    convert.samples_in_flight = volumes_in_flight(kVolumeCopies * largest);
  }
  return convert;
}

int merge(const Options& options) {
  if (!options.to.empty() && options.to != "stk") {
    throw Error(ErrorCode::kInvalidArgument,
                "--merge joins packed parts; parts of other formats are complete once all lie in "
                "one folder: run the last command again with --resume");
  }
  return merge_and_report(options.pack, options.inputs);
}

int run(const CommonOptions& common, Options options) {
  if (options.pack.merge) return merge(options);
  if (options.inputs.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "expected --input PATH...");
  }
  if (options.to.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected --to FORMAT, one of " + names_of_formats(true));
  }
  options.inputs = expand_missing_paths(options.inputs);
  check_places(options.pack, options.inputs);
  const SourceRequest request = request_of(options);
  const Format& to = format_to_write(options.to);
  const Format& from =
      options.from.empty() ? detect_format(request.inputs) : format_to_read(options.from);
  const std::unique_ptr<SourceReader> source = from.open_reader(request);
  warn_of_notes(source->facts().notes);
  if (source->items().empty()) {
    throw Error(ErrorCode::kCorrupt, "holds no sample", options.inputs.front());
  }
  const std::unique_ptr<SourceReader> placed = place_source(*source, options);
  const SelectedReader reader(placed ? *placed : *source, wanted_items(*source, options),
                              options.dropped);
  const std::unique_ptr<SampleOutput> output =
      to.make_output(output_request(options, reader.schema()));
  const ConversionChain chain(reader.schema(), output->takes(), from.name == to.name,
                              image_wishes(options));
  // What is read through from front to back by others keeps its order; what is packed to be trained
  // on is shuffled, unless it was packed before.
  const bool shuffles =
      to.name == "stk" && from.name != "stk" && reader.access() == SourceAccess::kRandom;
  if (options.app->count("--order") == 0) {
    options.pack.order = shuffles ? PackOrder::kShuffled : PackOrder::kInput;
  }
  std::map<std::string, std::string> shaping = describe(options.pack);
  if (to.name != "stk") shaping.emplace(kToOption, to.name);
  const Conversion conversion(reader, chain.transforms(), *output,
                              {"convert-dataset", kVersion, std::move(shaping)},
                              plan_options(options.pack, reader));
  return convert_and_report(conversion, convert_options(reader, options), options.pack, common);
}

}  // namespace
}  // namespace stoker

int main(int argc, char** argv) {
  stoker::Options options;
  return stoker::run_program(
      argc, argv, {"convert-dataset", "Convert a data set from one format to another."},
      [&](CLI::App& app) { stoker::declare(app, &options); },
      [&](const stoker::CommonOptions& common) { return stoker::run(common, options); });
}
