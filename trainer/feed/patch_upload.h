// Patches as the U-Net and its losses take them, from a loader's batch.
//
// One thread. The tensors are copies: the batch's lease may go.
#pragma once

#include <torch/torch.h>

#include "libdata/loader/patch_loader.h"
#include "trainer/feed/device_batch.h"

namespace stoker {

// Input standardised and augmented; all but position_after and samples_read is filled in.
DeviceBatch upload_patches(const PatchBatch& patches, const torch::Device& device);

}  // namespace stoker
