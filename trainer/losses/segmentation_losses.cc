#include "trainer/losses/segmentation_losses.h"

namespace stoker {
namespace {

constexpr int64_t kIgnored = 2;
constexpr double kSmooth = 1.0;  // keeps ratios of sums defined for patches without surface

torch::Tensor in_float32(const torch::Tensor& logits) {
  return logits.to(torch::kFloat32);
}

// 1 where a voxel counts, else 0; float [N, z, y, x].
torch::Tensor counted(const torch::Tensor& labels) {
  return labels.ne(kIgnored).to(torch::kFloat32);
}

// By class; 0 where ignored.
torch::Tensor voxel_weights(const torch::Tensor& labels, const torch::Tensor& class_weights) {
  const torch::Tensor target = labels.eq(1).to(torch::kInt64);
  return class_weights.index_select(0, target.flatten()).view_as(target) * counted(labels);
}

torch::Tensor surface(const torch::Tensor& labels) {
  return labels.eq(1).to(torch::kFloat32);
}

// Surface probability; 0, without gradient, where ignored. Logits that are not finite there do no
// harm either: they are replaced before the softmax.
torch::Tensor surface_probability(const torch::Tensor& logits, const torch::Tensor& labels) {
  const torch::Tensor ignored = labels.eq(kIgnored).unsqueeze(1);
  const torch::Tensor kept = in_float32(logits).masked_fill(ignored, 0.0);
  return torch::softmax(kept, 1).select(1, 1) * counted(labels);
}

torch::Tensor sum_per_sample(const torch::Tensor& values) {
  return values.flatten(1).sum(1);
}

// Minimum over the six face neighbours and the voxel itself.
torch::Tensor soft_erode(const torch::Tensor& x) {
  const torch::Tensor negative = -x;
  const torch::Tensor z = torch::max_pool3d(negative, {3, 1, 1}, {1, 1, 1}, {1, 0, 0});
  const torch::Tensor y = torch::max_pool3d(negative, {1, 3, 1}, {1, 1, 1}, {0, 1, 0});
  const torch::Tensor w = torch::max_pool3d(negative, {1, 1, 3}, {1, 1, 1}, {0, 0, 1});
  return -torch::maximum(torch::maximum(z, y), w);
}

torch::Tensor soft_open(const torch::Tensor& x) {
  return torch::max_pool3d(soft_erode(x), {3, 3, 3}, {1, 1, 1}, {1, 1, 1});
}

}  // namespace

torch::Tensor cross_entropy_sum(const torch::Tensor& logits, const torch::Tensor& labels,
                                const torch::Tensor& class_weights, double label_smoothing) {
  const torch::Tensor ignored = labels.eq(kIgnored).unsqueeze(1);
  const torch::Tensor log_p = torch::log_softmax(in_float32(logits).masked_fill(ignored, 0.0), 1);
  const torch::Tensor target = labels.eq(1).to(torch::kInt64);
  const torch::Tensor hard =
      -(log_p.gather(1, target.unsqueeze(1)).squeeze(1) * voxel_weights(labels, class_weights))
           .sum();
  const torch::Tensor even =
      -((log_p * class_weights.view({1, 2, 1, 1, 1})).sum(1) * counted(labels)).sum();
  return (1.0 - label_smoothing) * hard + label_smoothing / 2.0 * even;
}

torch::Tensor cross_entropy_weight(const torch::Tensor& labels,
                                   const torch::Tensor& class_weights) {
  return voxel_weights(labels, class_weights).sum();
}

torch::Tensor soft_dice_sum(const torch::Tensor& logits, const torch::Tensor& labels) {
  const torch::Tensor p = surface_probability(logits, labels);
  const torch::Tensor g = surface(labels);
  const torch::Tensor dice =
      (2.0 * sum_per_sample(p * g) + kSmooth) / (sum_per_sample(p) + sum_per_sample(g) + kSmooth);
  return (1.0 - dice).sum();
}

torch::Tensor soft_skeleton(torch::Tensor x, int64_t iterations) {
  torch::Tensor skeleton = torch::relu(x - soft_open(x));
  for (int64_t i = 0; i < iterations; ++i) {
    x = soft_erode(x);
    const torch::Tensor ridge = torch::relu(x - soft_open(x));
    skeleton = skeleton + torch::relu(ridge - skeleton * ridge);
  }
  return skeleton;
}

torch::Tensor cl_dice_sum(const torch::Tensor& logits, const torch::Tensor& labels,
                          int64_t iterations) {
  const torch::Tensor p = surface_probability(logits, labels).unsqueeze(1);
  const torch::Tensor g = surface(labels).unsqueeze(1);
  const torch::Tensor skeleton_p = soft_skeleton(p, iterations);
  const torch::Tensor skeleton_g = [&] {
    const torch::NoGradGuard no_grad;
    return soft_skeleton(g, iterations);
  }();
  const torch::Tensor precision =
      (sum_per_sample(skeleton_p * g) + kSmooth) / (sum_per_sample(skeleton_p) + kSmooth);
  const torch::Tensor sensitivity =
      (sum_per_sample(skeleton_g * p) + kSmooth) / (sum_per_sample(skeleton_g) + kSmooth);
  return (1.0 - 2.0 * precision * sensitivity / (precision + sensitivity)).sum();
}

torch::Tensor boundary_sum(const torch::Tensor& logits, const torch::Tensor& labels,
                           const torch::Tensor& distance) {
  const torch::Tensor p = surface_probability(logits, labels);
  const torch::Tensor share =
      distance.to(torch::kFloat32).clamp(-kBoundaryReachVoxels, kBoundaryReachVoxels) /
      kBoundaryReachVoxels;
  return (p * share).sum();
}

torch::Tensor boundary_weight(const torch::Tensor& labels) {
  return counted(labels).sum();
}

}  // namespace stoker
