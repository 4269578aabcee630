// What a segmentation network sees of a whole volume: the same values that PatchLoader delivers,
// without augmentation.
//
// Images are 8-bit, or 16-bit on the same scale: a voxel v of 16 bits counts as v * 255 / 65535, so
// that a network trained on one kind takes the other. Every brick that is read is compared with its
// hash, unless asked not to.
//
// Thread-safety: free functions and values. Ownership: tensors own their memory. Axes: C, z, y, x.
// Errors: InvalidArgument where the data set has no field that an input needs; Corrupt with shard,
// sample, field and the offset in the shard; Unsupported for voxels of another kind.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "libdata/loader/patch_loader.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/volume/volume_geometry.h"
#include "trainer/predict/voxel_volume.h"

namespace stoker {

int64_t channel_count(PatchInput input);

// The flag --features: computed, stored or image as PatchInput; auto: computed where there is an
// image, else stored.
PatchInput choose_input(const std::string& flag, const Schema& schema);
std::string input_name(PatchInput input);

struct VolumeInput {
  Zyx size_zyx{0, 0, 0};
  // [C, z, y, x], as read: float16, or with kImage uint8, or int16 for voxels of 16 bits (v -
  // 32768)
  torch::Tensor voxels;
  torch::Tensor mean;  // float [C, 1, 1, 1]: the network sees (voxels - mean) / stddev
  torch::Tensor stddev;
};

// `standardize`: with the moments of the whole volume, by channel; otherwise the network sees
// features as they are, and an image as 0..1.
VolumeInput read_volume_input(const PackedSplit& split, const Schema& schema, uint64_t sample,
                              PatchInput kind, bool standardize, bool check_hashes = true);
// The same of an image that is not packed. Precondition: `kind` is not kStoredFeatures.
VolumeInput make_volume_input(const VoxelVolume& image, PatchInput kind, bool standardize);

// What the network sees of a box, float [C, z, y, x]. The box may reach beyond the volume's far
// ends: there the last voxel goes on.
torch::Tensor network_box(const VolumeInput& input, const Box& box);

// Labels 0, 1, 2, z, y, x.
std::vector<uint8_t> read_labels(const PackedSplit& split, const Schema& schema, uint64_t sample,
                                 bool check_hashes = true);

}  // namespace stoker
