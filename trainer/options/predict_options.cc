#include "trainer/options/predict_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "libdata/core/choice_option.h"
#include "libdata/core/error.h"
#include "libdata/core/help_layout.h"
#include "libdata/core/program.h"

namespace stoker {
namespace {

void require_value(const std::string& value, const char* flag) {
  if (!value.empty()) return;
  throw Error(ErrorCode::kInvalidArgument, fmt::format("{}: expected a name, found ''", flag));
}

}  // namespace

void declare_predict_options(CLI::App& app, PredictRunOptions& options) {
  begin_options(app, "Volumes in, masks out");
  app.add_option("--checkpoint", options.checkpoint,
                 "Weights (safetensors), or the folder of a training run")
      ->type_name("PATH")
      ->required();
  app.add_option("--input", options.input,
                 "Packed volumes, or TIFFs: a stack, a folder of stacks or of slices")
      ->type_name("PATH")
      ->required();
  app.add_option("--split", options.split, "Split to segment; default: val, else the only one")
      ->type_name("NAME");
  app.add_option("--output", options.output, "Folder for the masks, ID.tif of 0 and 1")
      ->type_name("DIR")
      ->required();
  app.add_flag("--resume", options.resume,
               "Keep masks that are whole and made from the same weights, options, volume");
  app.add_flag("--force", options.force, "Make every mask anew, replacing those that are there");

  begin_options(app, "Method");
  app.add_option("--threshold", options.threshold,
                 "Probability above which a voxel is surface; default: as trained")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--window", options.window, "Side of the sliding window in voxels; 0: as trained")
      ->check(CLI::Range(0, 16384));
  app.add_option("--overlap", options.overlap, "Of neighbouring windows, as a share of their side")
      ->check(CLI::Range(0.0, 0.9));
  app.add_flag("--flips,!--no-flips", options.flips,
               "The mean over eight mirror images of each window (default), or not");
  app.add_option("--batch-size", options.batch_size, "Windows at once")
      ->check(CLI::Range(1, 1 << 16));
  app.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")->type_name("NAME");

  begin_options(app, "Damage");
  add_choice(app, "--on-error", options.on_error,
             {{"stop", OnError::kStop}, {"skip", OnError::kSkip}},
             "At a volume that fails; skip: leave it out, record it");
  app.add_flag("--check-hashes,!--no-check-hashes", options.check_hashes,
               "Compare every brick that is read with its hash (default), or not");

  begin_options(app, "Reports");
  app.add_option("--json", options.json, "Report of every volume")->type_name("FILE");
  app.add_option("--panel", options.panel,
                 "PNG of the first volume: image, label, channels, probability, mask")
      ->type_name("FILE");
}

void check_predict_options(const PredictRunOptions& options) {
  require_value(options.checkpoint, "--checkpoint");
  require_value(options.input, "--input");
  require_value(options.output, "--output");
  if (options.resume && options.force) {
    throw Error(ErrorCode::kInvalidArgument,
                "--resume keeps masks that are there, --force replaces them: give one of the two");
  }
  if (!options.json.empty() && options.json == options.panel) {
    throw Error(ErrorCode::kInvalidArgument, "--json and --panel name the same file", options.json);
  }
}

std::string mask_options(const PredictRunOptions& options, int64_t window, double threshold) {
  return fmt::format("version {} window {} overlap {} flips {} threshold {}", kVersion, window,
                     options.overlap, options.flips, threshold);
}

}  // namespace stoker
