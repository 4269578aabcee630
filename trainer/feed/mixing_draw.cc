#include "trainer/feed/mixing_draw.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stoker {
namespace {

// Keeps these draws apart from those of the samples, which have the same seed.
constexpr uint64_t kStream = 0x6d69786564626174;

double draw_normal(RandomStream& random) {
  const double radius = std::sqrt(-2.0 * std::log1p(-random.next_double()));
  return radius * std::cos(2.0 * std::numbers::pi * random.next_double());
}

// The logarithm of a draw from Gamma(alpha, 1): at a small alpha the draw itself may be too small
// for a double. G. Marsaglia, W. W. Tsang, "A Simple Method for Generating Gamma Variables", 2000.
double draw_log_gamma(RandomStream& random, double alpha) {
  if (alpha < 1.0) {
    const double log_uniform = std::log1p(-random.next_double());
    return draw_log_gamma(random, alpha + 1.0) + log_uniform / alpha;
  }
  const double d = alpha - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double normal = draw_normal(random);
    const double v = std::pow(1.0 + c * normal, 3);
    if (v <= 0.0) continue;
    const double log_uniform = std::log1p(-random.next_double());
    if (log_uniform < 0.5 * normal * normal + d - d * v + d * std::log(v)) return std::log(d * v);
  }
}

void draw_box(RandomStream& random, int64_t height, int64_t width, MixingDraw& draw) {
  const auto middle_x = static_cast<int64_t>(random.next_below(static_cast<uint64_t>(width)));
  const auto middle_y = static_cast<int64_t>(random.next_below(static_cast<uint64_t>(height)));
  const double half = 0.5 * std::sqrt(1.0 - draw.own_share);
  const auto half_width = static_cast<int64_t>(half * static_cast<double>(width));
  const auto half_height = static_cast<int64_t>(half * static_cast<double>(height));
  draw.left = std::max<int64_t>(middle_x - half_width, 0);
  draw.right = std::min(middle_x + half_width, width);
  draw.top = std::max<int64_t>(middle_y - half_height, 0);
  draw.bottom = std::min(middle_y + half_height, height);
  const auto area = static_cast<double>((draw.right - draw.left) * (draw.bottom - draw.top));
  draw.own_share = 1.0 - area / static_cast<double>(width * height);
}

}  // namespace

double draw_beta(RandomStream& random, double alpha) {
  const double one = draw_log_gamma(random, alpha);
  const double other = draw_log_gamma(random, alpha);
  return 1.0 / (1.0 + std::exp(other - one));
}

MixingDraw draw_mixing(const MixingOptions& options, uint64_t epoch, uint64_t position,
                       int64_t samples, int64_t height, int64_t width) {
  MixingDraw draw;
  if (samples < 2) return draw;
  RandomStream random(options.seed ^ kStream, epoch, position);
  const bool boxes = options.cutmix_alpha > 0.0 && random.next_double() < options.cutmix_share;
  if (!boxes && options.mixup_alpha == 0.0) return draw;
  draw.kind = boxes ? MixingDraw::Kind::kBox : MixingDraw::Kind::kBlend;
  draw.shift = 1 + static_cast<int64_t>(random.next_below(static_cast<uint64_t>(samples - 1)));
  draw.own_share = draw_beta(random, boxes ? options.cutmix_alpha : options.mixup_alpha);
  if (boxes) draw_box(random, height, width, draw);
  return draw;
}

}  // namespace stoker
