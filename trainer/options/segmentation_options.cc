#include "trainer/options/segmentation_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>

#include "libdata/core/error.h"
#include "libdata/core/help_layout.h"

namespace stoker {
namespace {

void declare_losses(CLI::App& app, LossOptions& loss) {
  const auto weight = CLI::Range(0.0, 1e6);
  app.add_option("--ce-weight", loss.cross_entropy, "Of cross-entropy in the loss; 0: without")
      ->check(weight);
  app.add_option("--dice-weight", loss.dice, "Of soft Dice in the loss; 0: without")->check(weight);
  app.add_option("--cldice-weight", loss.cl_dice,
                 "Of clDice, which keeps sheets connected, in the loss; 0: without")
      ->check(weight);
  app.add_option("--cldice-iterations", loss.cl_dice_iterations,
                 "Voxels from a sheet's face to its middle, at most")
      ->check(CLI::Range(1, 64));
  app.add_option("--boundary-weight", loss.boundary,
                 "Of the boundary loss; needs volumes packed with --targets distance; 0: without")
      ->check(weight);
}

void declare_sampling(CLI::App& app, SegmentationOptions& options) {
  app.add_option("--features", options.features,
                 "What the network sees: computed (the six channels of scroll6, made from the "
                 "image as patches are read), stored (the same, from precompute-features) or "
                 "image (its voxels alone); auto: computed, or stored where there is no image")
      ->check(CLI::IsMember({"auto", "computed", "stored", "image"}));
  app.add_option("--patches-per-volume", options.patches_per_volume,
                 "Patches of each volume in an epoch")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--surface-share", options.surface_share,
                 "Share of the patches that are placed on the surface; the others lie anywhere")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option(
         "--turns", options.turns,
         "Random orientations: flips, yx (flips and quarter turns about z), all (48); auto: "
         "all, but flips for stored features, which turn with the volume no further")
      ->check(CLI::IsMember({"auto", "none", "flips", "yx", "all"}));
  app.add_option("--intensity-jitter", options.intensity_jitter,
                 "Half of the patches are scaled by 1 +- this and shifted by +- half of it")
      ->check(CLI::Range(0.0, 0.9));
}

}  // namespace

void declare_segmentation_options(CLI::App& app, SegmentationOptions& options) {
  begin_options(app, "Volumes (--model unet3d)");
  app.add_option("--base", options.base, "Channels of the U-Net's finest level")
      ->check(CLI::Range(1, 1024));
  app.add_option("--depth", options.depth, "Levels of the U-Net below the finest")
      ->check(CLI::Range(1, 8));
  declare_sampling(app, options);
  declare_losses(app, options.loss);
  app.add_option("--overlap", options.overlap,
                 "Of neighbouring windows over validation volumes, as a share of their side")
      ->check(CLI::Range(0.0, 0.9));
  app.add_option("--threshold", options.threshold, "Probability above which a voxel is surface")
      ->check(CLI::Range(0.0, 1.0));
}

void check_segmentation_options(const SegmentationOptions& options) {
  const LossOptions& loss = options.loss;
  // NaN passes the flags' own checks: it compares false with both ends of a range.
  const std::pair<const char*, double> numbers[] = {
      {"--surface-share", options.surface_share},
      {"--intensity-jitter", options.intensity_jitter},
      {"--overlap", options.overlap},
      {"--threshold", options.threshold},
      {"--ce-weight", loss.cross_entropy},
      {"--dice-weight", loss.dice},
      {"--cldice-weight", loss.cl_dice},
      {"--boundary-weight", loss.boundary}};
  for (const auto& [flag, value] : numbers) {
    if (std::isfinite(value)) continue;
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{} {} is not a number", flag, value));
  }
  if (loss.cross_entropy + loss.dice + loss.cl_dice + loss.boundary > 0.0) return;
  throw Error(ErrorCode::kInvalidArgument,
              "every loss term has weight 0; set one of --ce-weight, --dice-weight, "
              "--cldice-weight, --boundary-weight");
}

OptionList result_options(const SegmentationOptions& options) {
  const LossOptions& loss = options.loss;
  return {{"--base", fmt::format("{}", options.base)},
          {"--depth", fmt::format("{}", options.depth)},
          {"--features", options.features},
          {"--patches-per-volume", fmt::format("{}", options.patches_per_volume)},
          {"--surface-share", fmt::format("{}", options.surface_share)},
          {"--turns", options.turns},
          {"--intensity-jitter", fmt::format("{}", options.intensity_jitter)},
          {"--ce-weight", fmt::format("{}", loss.cross_entropy)},
          {"--dice-weight", fmt::format("{}", loss.dice)},
          {"--cldice-weight", fmt::format("{}", loss.cl_dice)},
          {"--cldice-iterations", fmt::format("{}", loss.cl_dice_iterations)},
          {"--boundary-weight", fmt::format("{}", loss.boundary)}};
}

}  // namespace stoker
