// From the loader's bytes to what a network takes, and where both lie.
//
// Layout: channels_last on every device (measured on the CPU with LibTorch 1.13.1: 1.1 to 3 times
// the speed of NCHW for ResNet-18 at 64 pixels; on GPUs it is what tensor cores want). Volumes only
// on GPUs: on the CPU a step of the U-Net takes 1.4 times as long in channels_last_3d.
// One thread.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

// auto (CUDA where there is one), cpu, cuda, cuda:N. InvalidArgument for other text, or a device
// that is not there.
torch::Device choose_device(const std::string& text);

// Layout of volumes, [N, C, z, y, x].
torch::MemoryFormat volume_format(const torch::Device& device);

// Moves a network there, its 4-D weights channels_last and its 5-D ones in volume_format.
void move_to_device(torch::nn::Module& model, const torch::Device& device);

template <typename T>
ByteSpan bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()};
}

// A copy of the loader's bytes that outlives its batch; pinned for a GPU, so that the way there
// does not hold up this thread (the pinned allocator keeps the memory until the copy is done).
torch::Tensor copy_to_device(ByteSpan bytes, at::IntArrayRef sizes, torch::ScalarType type,
                             const torch::Device& device);

// Normalises 0..255 bytes as (x / 255 - mean) / std, on the device.
class PixelFeed {
 public:
  PixelFeed(std::vector<double> mean, std::vector<double> std, const torch::Device& device);

  // pixels_nhwc: uint8, batch * height * width * channels; read during the call only. Returns float
  // [batch, channels, height, width] in channels_last layout.
  torch::Tensor images(std::span<const uint8_t> pixels_nhwc, int64_t batch, int64_t height,
                       int64_t width) const;
  torch::Tensor labels(std::span<const int64_t> labels) const;

 private:
  torch::Device device_;
  int64_t channels_;
  torch::Tensor scale_;  // float [channels]
  torch::Tensor shift_;
};

}  // namespace stoker
