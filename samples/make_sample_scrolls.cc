// make-sample-scrolls: made-up volumes in the layout of the Vesuvius challenge, for the quickstart
// and for tests.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>

#include "formats/tiff.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/help_layout.h"
#include "libdata/core/program.h"
#include "libdata/core/progress.h"
#include "libdata/core/random.h"
#include "samples/scroll_drawing.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

constexpr uint64_t kHighestId = 4293224556;  // as in the real set: past 32 signed bits
constexpr uint64_t kLowestId = uint64_t{1} << 31;
constexpr uint64_t kAbsent = 2;  // ids that are listed, but have no files
constexpr std::array<int, 3> kScrolls{34117, 35360, 26002};
constexpr std::array<TiffCompression, 3> kMixed{TiffCompression::kLzw, TiffCompression::kNone,
                                                TiffCompression::kDeflate};

struct Options {
  std::string output;
  uint64_t count = 4;
  int64_t size = 128;
  uint64_t seed = 1;
  std::string compression = "mixed";
};

void declare(CLI::App& app, Options* options) {
  begin_options(app, "What to make");
  app.add_option("--output", options->output, "Folder to write")->required()->type_name("DIR");
  app.add_option("--count", options->count, "Volumes")->check(CLI::Range(1, 10000));
  app.add_option("--size", options->size, "Voxels along each axis")->check(CLI::Range(16, 1024));
  app.add_option("--seed", options->seed, "Seed of everything drawn");
  app.add_option("--compression", options->compression,
                 "Of the images: mixed (from volume to volume), or lzw, as the real set")
      ->check(CLI::IsMember({"mixed", "lzw"}));
}

int run(const CommonOptions& common, const Options& options) {
  const fs::path folder = options.output;
  fs::create_directories(folder / "train_images");
  fs::create_directories(folder / "train_labels");
  const uint64_t listed = options.count + kAbsent;
  RandomStream random(options.seed, 0, 0);
  const uint64_t step = 1 + random.next_below((kHighestId - kLowestId) / listed);
  std::string table = "id,scroll_id\n";
  Progress progress("drawing", "volumes", options.count, common.quiet);
  for (uint64_t i = 0; i < listed; ++i) {
    const uint64_t id = kHighestId - i * step;
    table += fmt::format("{},{}\n", id, kScrolls[i % kScrolls.size()]);
    if (i >= options.count) continue;
    const DrawnScroll scroll = draw_scroll(options.size, options.seed * 100003 + i);
    const std::string name = fmt::format("{}.tif", id);
    const bool mixed = options.compression == "mixed";
    const Bytes image =
        encode_tiff(scroll.image, mixed ? kMixed[i % kMixed.size()] : TiffCompression::kLzw);
    write_file_atomically(folder / "train_images" / name, image);
    write_file_atomically(folder / "train_labels" / name,
                          encode_tiff(scroll.label, TiffCompression::kLzw));
    progress.add(1, image.size());
  }
  write_file_atomically(folder / "train.csv", table);
  fmt::print("{} volumes of {}^3 in {}\n", options.count, options.size, folder.string());
  return kExitDone;
}

}  // namespace
}  // namespace stoker

int main(int argc, char** argv) {
  stoker::Options options;
  return stoker::run_program(
      argc, argv,
      {"make-sample-scrolls", "Write made-up volumes in the layout of the Vesuvius challenge."},
      [&](CLI::App& app) { stoker::declare(app, &options); },
      [&](const stoker::CommonOptions& common) { return stoker::run(common, options); });
}
