// A trained U-Net with what must be known to use it: kept in the metadata of its weights' file.
//
// One thread. Ownership: owns the network. Errors: NotFound; Corrupt, also for weights that are not
// finite; InvalidArgument for weights of something else than `train --model unet3d`.
#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "libdata/core/hash.h"
#include "libdata/loader/patch_loader.h"
#include "trainer/models/unet3d.h"

namespace stoker {

struct SegmentationNetwork {
  std::shared_ptr<UNet3d> model;
  PatchInput input = PatchInput::kComputedFeatures;
  bool standardize = true;
  int64_t window = 128;  // side of the patches it was trained on
  double threshold = 0.5;
  Hash128 file_hash;  // of the file it was loaded from
};

std::map<std::string, std::string> network_metadata(const SegmentationNetwork& network);

// `path`: a safetensors file, or the output folder of a run: its best weights, else its final ones,
// else those of its newest checkpoint.
std::filesystem::path find_weights(const std::filesystem::path& path);
SegmentationNetwork load_segmentation_network(const std::filesystem::path& path);

}  // namespace stoker
