// The surface probability of every voxel of a volume: a window slides over it, overlapping, and
// what windows say is blended (sliding_window.h).
//
// One thread calls, many work. Memory: the window's activations and 4 bytes a voxel. Throws Stopped
// between two windows.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "trainer/predict/volume_input.h"

namespace stoker {

class UNet3d;

struct PredictOptions {
  int64_t window = 128;  // side; smaller volumes take as little as they need
  double overlap = 0.5;
  int64_t batch_size = 1;
  bool flips = false;  // the mean over the 8 mirror images of each window
};

// z, y, x; 0..1. `windows_done(n)` is told after every batch.
std::vector<float> predict_surface(UNet3d& model, const VolumeInput& input,
                                   const PredictOptions& options, const torch::Device& device,
                                   const std::function<void(uint64_t n)>& windows_done = {});

// 1 where the probability is above `threshold`, else 0.
std::vector<uint8_t> threshold_mask(const std::vector<float>& probabilities, double threshold);

}  // namespace stoker
