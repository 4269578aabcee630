// The learning rate as a pure function of the step, so that a resumed run needs no state for it.
//
// Source: torch.optim.lr_scheduler (CosineAnnealingLR, OneCycleLR, LinearLR, StepLR, PolynomialLR),
// whose numbers these are (tested). L. Smith, N. Topin, "Super-Convergence", 2018, for onecycle.
#pragma once

#include <cstdint>
#include <string_view>

#include "trainer/optim/epoch_plan.h"

namespace stoker {

enum class LrCurve : uint8_t {
  kCosine,    // half a cosine down to min_lr
  kOneCycle,  // half a cosine from lr / 25 up to lr, then half a cosine down to the end
  kLinear,    // a straight line down to min_lr
  kStep,      // lr * gamma for every step_size epochs of the run, never below min_lr
  kPoly,      // (1 - share done)^power of the way from min_lr to lr
  kConstant,  // lr
};
LrCurve parse_lr_curve(std::string_view name);  // "cosine", "onecycle" ...; InvalidArgument

// Linear from lr/warmup_steps to lr over the first warmup_steps, then the curve over the others;
// what falls to min_lr reaches it one step after the last.
// Of onecycle warmup_steps are the rising part (0: 0.3 of all steps, as OneCycleLR), and it ends
// with its last step at min_lr (0: lr / 250000, as OneCycleLR). Momentum is not cycled.
struct LrSchedule {
  double lr = 0.1;
  double min_lr = 0.0;
  uint64_t warmup_steps = 0;
  uint64_t total_steps = 1;
  LrCurve curve = LrCurve::kCosine;
  double gamma = 0.1;              // kStep
  uint64_t step_size_epochs = 30;  // kStep
  double power = 0.9;              // kPoly
  EpochPlan epochs{1, 1};          // kStep: in which epoch a step lies
};

// Rate to be used at `step`, 0 <= step < total_steps. Steps past the end give min_lr, where the
// curve falls to that.
double learning_rate(const LrSchedule& schedule, uint64_t step);

}  // namespace stoker
