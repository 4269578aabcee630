// Losses of a surface segmentation. Classes are 0 (background) and 1 (surface); voxels of label 2
// are ignored: what is predicted there changes neither a loss nor a gradient elsewhere.
//
// All take logits [N, 2, z, y, x] of any floating type and compute in float32; labels are uint8
// [N, z, y, x] on the same device. Each is a scalar with its graph: 0 where every voxel is ignored.
// One thread, no state.
// Not reproducible on CUDA: clDice (the gradient of max_pool3d).
#pragma once

#include <torch/torch.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "trainer/options/segmentation_options.h"

namespace stoker {

// Mean over voxels weighted by the weight of their class, as torch.nn.functional.cross_entropy with
// weight, label_smoothing and ignore_index.
torch::Tensor cross_entropy_loss(const torch::Tensor& logits, const torch::Tensor& labels,
                                 const std::array<double, 2>& class_weights,
                                 double label_smoothing);

// 1 - (2 sum(p g) + 1) / (sum(p) + sum(g) + 1) of the surface class, the mean over samples.
torch::Tensor soft_dice_loss(const torch::Tensor& logits, const torch::Tensor& labels);

// 1 - the harmonic mean of how much of each one's soft skeleton lies in the other; the mean over
// samples. `iterations` is the half thickness, in voxels, down to which sheets are thinned.
// Source: S. Shit et al., "clDice - a novel topology-preserving loss function for tubular structure
// segmentation", 2021.
torch::Tensor cl_dice_loss(const torch::Tensor& logits, const torch::Tensor& labels,
                           int64_t iterations);
// Of values 0..1, [N, 1, z, y, x].
torch::Tensor soft_skeleton(torch::Tensor x, int64_t iterations);

// Mean of p times the signed distance to the surface, which is negative inside and counts up to
// kBoundaryReachVoxels, as a share of that: -1..1. `distance`: int8 voxels [N, z, y, x], as stored
// by pack-volumes.
// Source: H. Kervadec et al., "Boundary loss for highly unbalanced segmentation", 2019.
inline constexpr double kBoundaryReachVoxels = 20.0;
torch::Tensor boundary_loss(const torch::Tensor& logits, const torch::Tensor& labels,
                            const torch::Tensor& distance);

// The terms whose weight is not 0, by name ("ce", "dice", "cldice", "boundary"), and their weighted
// sum. `distance` may be undefined where the boundary weight is 0.
struct SegmentationLoss {
  torch::Tensor total;
  std::vector<std::pair<std::string, torch::Tensor>> terms;  // without weights
};
SegmentationLoss segmentation_loss(const torch::Tensor& logits, const torch::Tensor& labels,
                                   const torch::Tensor& distance, const LossOptions& options);

}  // namespace stoker
