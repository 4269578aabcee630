// The flags of `train --model unet3d` beside those of every training run.
//
// Plain values.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "trainer/options/option_list.h"

namespace CLI {
class App;
}

namespace stoker {

// Weights of the loss terms; 0 leaves a term out.
struct LossOptions {
  double cross_entropy = 1.0;
  double dice = 1.0;
  double cl_dice = 0.0;
  double boundary = 0.0;  // needs the stored distance
  // Of cross-entropy: background, surface. No flag of its own: --class-weights (class_weights.h).
  std::array<double, 2> class_weights{1.0, 1.0};
  double label_smoothing = 0.0;  // of cross-entropy
  int64_t cl_dice_iterations = 5;
};

struct SegmentationOptions {
  int64_t base = 32;
  int64_t depth = 4;
  std::string features = "auto";   // auto|computed|stored|image
  int64_t patches_per_volume = 4;  // in an epoch
  double surface_share = 0.7;      // of the patches that lie on the surface
  std::string turns = "auto";      // auto|none|flips|yx|all
  double intensity_jitter = 0.1;   // scale 1 +- this, shift half of it; on half of the patches
  double overlap = 0.25;           // of the sliding window over validation volumes
  double threshold = 0.5;          // surface where its probability is above this
  LossOptions loss;
};

void declare_segmentation_options(CLI::App& app, SegmentationOptions& options);

// InvalidArgument where a number is NaN or every loss term is off.
void check_segmentation_options(const SegmentationOptions& options);

// The flags that the trained weights depend on (train_options.h, result_options).
OptionList result_options(const SegmentationOptions& options);

}  // namespace stoker
