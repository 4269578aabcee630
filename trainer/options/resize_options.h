// --progressive-resize: which side the training crops of an epoch have, and how many are a batch.
//
// Plain values and pure functions. No LibTorch.
// Source: J. Howard's progressive resizing (fast.ai, DAWNBench 2018), whose batches shrink as crops
// grow; the default ramp is that of FFCV's ResNet-50 recipe, which keeps one batch size.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace stoker {

struct TrainOptions;

// What epochs are like, up to the next phase.
struct CropPhase {
  uint64_t first_epoch = 0;
  int64_t crop = 0;  // side in pixels
  int64_t batch_size = 0;
};

void declare_resize_options(CLI::App& app, std::string& spec);

// "160x4096@0,192x3072@20,224@40": the phases as they are; those that name no batch size have
// `batch_size`. "auto": from 0.57 of `crop` to `crop` between 35 and 81 % of the epochs, in
// multiples of 32. InvalidArgument for other text, and where "auto" would change nothing.
std::vector<CropPhase> parse_crop_phases(const std::string& spec, int64_t crop, int64_t batch_size,
                                         int64_t epochs);

// The phases that the run's epochs reach; one where all epochs are alike. For options whose crop
// and batch size are settled.
std::vector<CropPhase> crop_phases(const TrainOptions& options);

// Precondition of both: at least one phase, the first of which begins with epoch 0.
const CropPhase& phase_of(const std::vector<CropPhase>& phases, uint64_t epoch);
// Whose batches have the most pixels.
const CropPhase& largest_phase(const std::vector<CropPhase>& phases);

}  // namespace stoker
