// inspect-dataset: what a packed data set holds, one sample of it, a picture of it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <optional>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/help_layout.h"
#include "libdata/core/program.h"
#include "libdata/image/image_codec.h"
#include "tools/inspect_report.h"
#include "tools/montage.h"

namespace stoker {
namespace {

struct Options {
  std::string folder;
  std::string split;
  std::optional<uint64_t> sample;
  std::string montage;
  std::string json;
};

void declare(CLI::App& app, Options* options) {
  begin_options(app, "What to show");
  app.add_option("folder", options->folder, "Folder of a packed data set")
      ->required()
      ->type_name("DIR");
  app.add_option("--split", options->split, "Only this one; default for --sample, --montage: train")
      ->type_name("NAME");
  app.add_option("--sample", options->sample, "Show this sample of the split as well (from 0)");
  begin_options(app, "Reports");
  app.add_option("--montage", options->montage, "Draw samples of the split into this PNG file")
      ->type_name("FILE");
  app.add_option("--json", options->json, "Write the report as JSON to this file")
      ->type_name("FILE");
}

int run(const Options& options) {
  const PackedDataset dataset(options.folder);
  const PackedSplit* chosen = nullptr;
  if (!options.split.empty() || options.sample || !options.montage.empty()) {
    chosen = &dataset.split(options.split);
  }
  std::vector<SplitSummary> summaries;
  for (const PackedSplit& split : dataset.splits()) {
    if (options.split.empty() || &split == chosen) summaries.push_back(summarize(dataset, split));
  }
  if (options.sample && *options.sample >= chosen->sample_count()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("expected a sample below {}, found {}", chosen->sample_count(),
                            *options.sample),
                options.folder);
  }
  print_dataset(dataset, summaries);
  if (options.sample) print_sample(dataset, *chosen, *options.sample);
  if (!options.montage.empty()) {
    write_file_atomically(options.montage, encode_png(draw_montage(dataset, *chosen)));
  }
  if (!options.json.empty()) {
    write_file_atomically(options.json,
                          dataset_json(dataset, summaries, options.sample ? chosen : nullptr,
                                       options.sample.value_or(0)));
  }
  return kExitDone;
}

}  // namespace
}  // namespace stoker

int main(int argc, char** argv) {
  stoker::Options options;
  return stoker::run_program(
      argc, argv,
      {"inspect-dataset", "Show what a packed data set holds: schema, counts, sizes, samples."},
      [&](CLI::App& app) { stoker::declare(app, &options); },
      [&](const stoker::CommonOptions&) { return stoker::run(options); });
}
