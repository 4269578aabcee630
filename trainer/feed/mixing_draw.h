// What mixing draws for a batch: blend or box, with which partners, in which shares.
//
// A pure function of (seed, epoch, position), so that a resumed run mixes as one that was not
// stopped. No LibTorch.
// Source: H. Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018; S. Yun et al.,
// "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features", 2019;
// boxes as torchvision's references/classification cut them.
#pragma once

#include <cstdint>

#include "libdata/core/random.h"

namespace stoker {

struct MixingOptions {
  double mixup_alpha = 0.0;
  double cutmix_alpha = 0.0;
  double cutmix_share = 0.0;  // of the batches; the others get mixup, where mixup_alpha is above 0
  uint64_t seed = 0;
};

struct MixingDraw {
  enum class Kind : uint8_t { kNone, kBlend, kBox };
  Kind kind = Kind::kNone;
  int64_t shift = 0;       // sample i is mixed with sample (i - shift) modulo the batch's size
  double own_share = 1.0;  // of a sample's own image and label: lambda
  // kBox: taken from the partner, end excluded.
  int64_t top = 0, left = 0, bottom = 0, right = 0;
};

// From Beta(alpha, alpha), 0 to 1. Precondition: alpha > 0.
double draw_beta(RandomStream& random, double alpha);

// `position`: the batch's position_after. `samples`: of the batch; fewer than 2 are not mixed.
MixingDraw draw_mixing(const MixingOptions& options, uint64_t epoch, uint64_t position,
                       int64_t samples, int64_t height, int64_t width);

}  // namespace stoker
