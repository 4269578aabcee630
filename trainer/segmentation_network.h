// A trained U-Net with what must be known to use it: kept in the metadata of its weights' file.
//
// One thread. Ownership: owns the network. Errors: NotFound, Corrupt, or InvalidArgument for
// weights of something else than `train --model unet3d`.
#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "libdata/loader/patch_loader.h"
#include "trainer/unet3d.h"

namespace stoker {

struct SegmentationNetwork {
  std::shared_ptr<UNet3d> model;
  PatchInput input = PatchInput::kComputedFeatures;
  bool standardize = true;
  int64_t window = 128;  // side of the patches it was trained on
  double threshold = 0.5;
};

std::map<std::string, std::string> network_metadata(const SegmentationNetwork& network);

// `path`: a safetensors file, or the output folder of a run: its best weights, else its final ones,
// else those of its newest checkpoint.
std::filesystem::path find_weights(const std::filesystem::path& path);
SegmentationNetwork load_segmentation_network(const std::filesystem::path& path);

}  // namespace stoker
