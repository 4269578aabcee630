// Losses of a surface segmentation, as sums and what they are sums of. Classes are 0 (background)
// and 1 (surface); voxels of label 2 are ignored: what is predicted there changes neither a loss
// nor a gradient elsewhere.
//
// All take logits [N, 2, z, y, x] of any floating type and compute in float32; labels are uint8
// [N, z, y, x] on the same device. Each is a scalar, sums with their graph: 0 where every voxel is
// ignored. The mean of a loss is its sum over its weight (objective.h). Dice and clDice are ratios
// within one sample and sums over samples: never a ratio of sums over a batch, so that they do not
// depend on which samples share one. Their weight is the number of samples.
// One thread, no state.
// Not reproducible on CUDA: clDice (the gradient of max_pool3d).
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace stoker {

// Over voxels, each weighted by the weight of its class, as torch.nn.functional.cross_entropy with
// weight, label_smoothing and ignore_index. `class_weights`: float [2], background and surface.
torch::Tensor cross_entropy_sum(const torch::Tensor& logits, const torch::Tensor& labels,
                                const torch::Tensor& class_weights, double label_smoothing);
torch::Tensor cross_entropy_weight(const torch::Tensor& labels, const torch::Tensor& class_weights);

// Over samples: 1 - (2 sum(p g) + 1) / (sum(p) + sum(g) + 1) of the surface class.
torch::Tensor soft_dice_sum(const torch::Tensor& logits, const torch::Tensor& labels);

// Over samples: 1 - the harmonic mean of how much of each one's soft skeleton lies in the other.
// `iterations` is the half thickness, in voxels, down to which sheets are thinned.
// Source: S. Shit et al., "clDice - a novel topology-preserving loss function for tubular structure
// segmentation", 2021.
torch::Tensor cl_dice_sum(const torch::Tensor& logits, const torch::Tensor& labels,
                          int64_t iterations);
// Of values 0..1, [N, 1, z, y, x].
torch::Tensor soft_skeleton(torch::Tensor x, int64_t iterations);

// Over voxels that count: p times the signed distance to the surface, which is negative inside and
// counts up to kBoundaryReachVoxels, as a share of that: -1..1. `distance`: int8 voxels
// [N, z, y, x], as stored by pack-volumes. The weight is the number of voxels that count.
// Source: H. Kervadec et al., "Boundary loss for highly unbalanced segmentation", 2019.
inline constexpr double kBoundaryReachVoxels = 20.0;
torch::Tensor boundary_sum(const torch::Tensor& logits, const torch::Tensor& labels,
                           const torch::Tensor& distance);
torch::Tensor boundary_weight(const torch::Tensor& labels);

}  // namespace stoker
