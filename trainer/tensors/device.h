// Where a run's tensors lie, and how they lie there.
//
// Layout: channels_last on every device (measured on the CPU with LibTorch 1.13.1: 1.1 to 3 times
// the speed of NCHW for ResNet-18 at 64 pixels; on GPUs it is what tensor cores want). Volumes only
// on GPUs: on the CPU a step of the U-Net takes 1.4 times as long in channels_last_3d.
// One thread.
#pragma once

#include <torch/torch.h>

#include <string>

namespace stoker {

// auto (CUDA where there is one), cpu, cuda, cuda:N. InvalidArgument for other text, or a device
// that is not there.
torch::Device choose_device(const std::string& text);

// Layout of volumes, [N, C, z, y, x].
torch::MemoryFormat volume_format(const torch::Device& device);

// Moves a network there, its 4-D weights channels_last and its 5-D ones in volume_format.
void move_to_device(torch::nn::Module& model, const torch::Device& device);

}  // namespace stoker
