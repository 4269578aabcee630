// Images as a classifier takes them, from a loader's batch.
//
// One thread.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <span>
#include <vector>

namespace stoker {

// Normalises 0..255 bytes as (x / 255 - mean) / std, on the device.
class PixelUpload {
 public:
  PixelUpload(std::vector<double> mean, std::vector<double> std, const torch::Device& device);

  // pixels_nhwc: uint8, batch * height * width * channels; read during the call only. Returns float
  // [batch, channels, height, width] in channels_last layout.
  torch::Tensor images(std::span<const uint8_t> pixels_nhwc, int64_t batch, int64_t height,
                       int64_t width) const;
  // int64 [batch]
  torch::Tensor labels(std::span<const int32_t> labels) const;

 private:
  torch::Device device_;
  int64_t channels_;
  torch::Tensor scale_;  // float [channels]
  torch::Tensor shift_;
};

}  // namespace stoker
