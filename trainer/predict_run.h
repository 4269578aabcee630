// The program `predict`: a trained U-Net over packed volumes, to TIFF masks.
#pragma once

#include <cstdint>
#include <string>

#include "libdata/core/program.h"

namespace stoker {

struct PredictRunOptions {
  std::string checkpoint;  // safetensors file, or output folder of a run
  std::string input;       // packed volumes
  std::string split;       // empty: "val", or the only split
  std::string output;      // folder for NAME.tif
  std::string device = "auto";
  int64_t window = 0;  // 0: as trained
  double overlap = 0.5;
  int64_t batch_size = 1;
  bool flips = true;
  double threshold = -1.0;  // below 0: as trained
  std::string panel;        // PNG of the first volume
  std::string json;         // report
  bool force = false;       // replace masks that are there
};

void declare_predict_options(CLI::App& app, PredictRunOptions& options);

// Writes a mask of 0 and 1 a volume, and prints its scores where the volume has labels.
int run_prediction(const PredictRunOptions& options, const CommonOptions& common);

}  // namespace stoker
