#include "trainer/optim/loss_scaler.h"

namespace stoker {
namespace {

constexpr double kFirstScale = 65536.0;
constexpr double kGrowth = 2.0;
constexpr double kBackoff = 0.5;
constexpr int64_t kStepsToGrow = 2000;

}  // namespace

LossScaler::LossScaler(const torch::Device& device)
    : scale_(torch::full({}, kFirstScale, torch::device(device).dtype(torch::kFloat32))),
      good_steps_(torch::zeros({}, torch::device(device).dtype(torch::kInt64))) {}

void LossScaler::update(const torch::Tensor& taken) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor good = good_steps_ + 1;
  const torch::Tensor grows = taken.logical_and(good >= kStepsToGrow);
  const torch::Tensor factor = torch::where(
      grows, torch::full_like(scale_, kGrowth),
      torch::where(taken, torch::ones_like(scale_), torch::full_like(scale_, kBackoff)));
  scale_.mul_(factor);
  good_steps_.copy_(good * taken.logical_and(grows.logical_not()));
}

}  // namespace stoker
