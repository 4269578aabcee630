// --progressive-resize: which side the training crops of an epoch have.
//
// Plain values and pure functions. No LibTorch.
// Source: J. Howard's progressive resizing (fast.ai, DAWNBench 2018); the default ramp is that of
// FFCV's ResNet-50 recipe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace stoker {

struct CropPhase {
  uint64_t first_epoch = 0;
  int64_t crop = 0;  // side in pixels, up to the next phase
};

void declare_resize_options(CLI::App& app, std::string& spec);

// "160@0,192@20,224@40": the phases as they are. "auto": from 0.57 of `crop` to `crop` between 35
// and 81 % of the epochs, in multiples of 32. InvalidArgument for other text, and where "auto"
// would change nothing.
std::vector<CropPhase> parse_crop_phases(const std::string& spec, int64_t crop, int64_t epochs);

// Precondition: at least one phase, the first of which begins with epoch 0.
int64_t crop_of(const std::vector<CropPhase>& phases, uint64_t epoch);

}  // namespace stoker
