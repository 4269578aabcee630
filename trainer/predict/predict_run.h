// The program `predict`: a trained U-Net over volumes, to TIFF masks.
#pragma once

#include "libdata/core/program.h"
#include "trainer/options/predict_options.h"

namespace stoker {

// Writes a mask of 0 and 1 a volume, and prints its scores where the volume has labels. Everything
// named is tried before work starts. With --on-error skip a volume that fails is left out and
// recorded; kExitBadData where no mask is left.
int run_prediction(const PredictRunOptions& options, const CommonOptions& common);

}  // namespace stoker
