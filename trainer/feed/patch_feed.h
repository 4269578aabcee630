// A loader's batch of patches as what the network and the losses take, on the device.
//
// One thread. The tensors are copies: the batch's lease may go.
#pragma once

#include <torch/torch.h>

#include "libdata/loader/patch_loader.h"

namespace stoker {

struct PatchTensors {
  torch::Tensor input;     // float [N, C, z, y, x], standardised and augmented
  torch::Tensor labels;    // uint8 [N, z, y, x]: 0, 1, 2 (ignore)
  torch::Tensor distance;  // int8 [N, z, y, x], undefined where the loader has none
};

PatchTensors upload_patches(const PatchBatch& batch, const torch::Device& device);

}  // namespace stoker
