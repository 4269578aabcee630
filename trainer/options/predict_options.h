// The flags of `predict`. Plain values.
#pragma once

#include <cstdint>
#include <string>

#include "libdata/loader/loader_options.h"

namespace CLI {
class App;
}

namespace stoker {

struct PredictRunOptions {
  std::string checkpoint;  // safetensors file, or output folder of a run
  std::string input;       // packed volumes, a TIFF, or a folder of TIFFs
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
  OnError on_error = OnError::kStop;
  bool check_hashes = true;
  bool resume = false;  // keep masks that are whole and made the same way
  bool force = false;   // replace masks that are there
};

void declare_predict_options(CLI::App& app, PredictRunOptions& options);

// InvalidArgument where values make no sense, alone or together.
void check_predict_options(const PredictRunOptions& options);

// Those that shape a mask, as text: equal where masks of one network and volume are alike, up to
// the rounding of another device or batch size.
std::string mask_options(const PredictRunOptions& options, int64_t window, double threshold);

}  // namespace stoker
