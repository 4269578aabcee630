#include "trainer/optim/lr_schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "libdata/core/error.h"

namespace stoker {
namespace {

// From 1 where `done` is 0 to 0 where it is 1.
double half_cosine(double done) {
  return 0.5 * (1.0 + std::cos(std::numbers::pi * done));
}

double between(double low, double high, double height) {
  return low + (high - low) * height;
}

// Steps are counted from the first to the last, so that both ends are met; hence the - 1.
double one_cycle(const LrSchedule& schedule, uint64_t step) {
  constexpr double kRise = 0.3;
  constexpr double kStartDivisor = 25.0;
  constexpr double kEndDivisor = 1e4;
  const double start = schedule.lr / kStartDivisor;
  const double end = schedule.min_lr > 0.0 ? schedule.min_lr : start / kEndDivisor;
  const auto total = static_cast<double>(schedule.total_steps);
  const double rise =
      (schedule.warmup_steps > 0 ? static_cast<double>(schedule.warmup_steps) : kRise * total) -
      1.0;
  const auto at = static_cast<double>(step);
  if (at < rise) return between(schedule.lr, start, half_cosine(at / rise));
  const double fall = total - 1.0 - rise;
  const double done = fall > 0.0 ? std::min((at - rise) / fall, 1.0) : 0.0;
  return between(end, schedule.lr, half_cosine(done));
}

double stepped(const LrSchedule& schedule, uint64_t step) {
  const uint64_t drops = schedule.epochs.epoch_of(step) / schedule.step_size_epochs;
  return std::max(schedule.min_lr,
                  schedule.lr * std::pow(schedule.gamma, static_cast<double>(drops)));
}

// How much of lr - min_lr is left.
double height_of(const LrSchedule& schedule, double done) {
  if (schedule.curve == LrCurve::kCosine) return half_cosine(done);
  if (schedule.curve == LrCurve::kLinear) return 1.0 - done;
  return std::pow(1.0 - done, schedule.power);
}

}  // namespace

LrCurve parse_lr_curve(std::string_view name) {
  constexpr std::pair<std::string_view, LrCurve> kCurves[] = {
      {"cosine", LrCurve::kCosine}, {"onecycle", LrCurve::kOneCycle},
      {"linear", LrCurve::kLinear}, {"step", LrCurve::kStep},
      {"poly", LrCurve::kPoly},     {"constant", LrCurve::kConstant}};
  for (const auto& [known, curve] : kCurves) {
    if (known == name) return curve;
  }
  throw Error(ErrorCode::kInvalidArgument,
              "--scheduler: none is called '" + std::string(name) + "'");
}

double learning_rate(const LrSchedule& schedule, uint64_t step) {
  if (schedule.curve == LrCurve::kOneCycle) return one_cycle(schedule, step);
  if (step < schedule.warmup_steps) {
    return schedule.lr * static_cast<double>(step + 1) / static_cast<double>(schedule.warmup_steps);
  }
  if (schedule.curve == LrCurve::kConstant) return schedule.lr;
  if (schedule.curve == LrCurve::kStep) return stepped(schedule, step);
  if (step >= schedule.total_steps) return schedule.min_lr;
  const double done = static_cast<double>(step - schedule.warmup_steps) /
                      static_cast<double>(schedule.total_steps - schedule.warmup_steps);
  return between(schedule.min_lr, schedule.lr, height_of(schedule, done));
}

}  // namespace stoker
