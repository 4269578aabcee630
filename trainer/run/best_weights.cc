#include "trainer/run/best_weights.h"

#include <spdlog/spdlog.h>

#include <cmath>
#include <optional>

#include "libdata/core/error.h"

namespace stoker {
namespace {

std::optional<double> value_of(const NamedValues& values, const std::string& name) {
  for (const auto& [found, value] : values) {
    if (found == name) return value;
  }
  return std::nullopt;
}

}  // namespace

BestMetric choose_best_metric(const Task& task, const ValidationOptions& options) {
  if (task.evaluator) return find_best_metric(task.evaluator->best_metrics(), options.best_metric);
  const char* idle = !options.best_metric.empty() ? "--best-metric"
                     : options.flips()            ? "--val-tta"
                                                  : nullptr;
  if (idle == nullptr) return {};
  throw Error(ErrorCode::kInvalidArgument,
              std::string(idle) + ": there is no validation data; name it with --val-data");
}

std::string describe(const BestMetric& metric, const ValidationOptions& options) {
  return metric.name + (options.flips() ? " with --val-tta " + options.tta : "");
}

void keep_if_best(const NamedValues& values, const BestMetric& metric, bool is_last_epoch,
                  TrainState& state, RunKeeper& keeper) {
  const std::optional<double> loss = value_of(values, "val_loss");
  const std::optional<double> value = value_of(values, metric.name);
  if (loss && !std::isfinite(*loss)) {
    if (is_last_epoch) keeper.end_diverged(state, "the validation loss is not finite");
    spdlog::warn("the validation loss is not finite: these weights are not taken for the best");
  } else if (value && !std::isfinite(*value)) {
    spdlog::warn("{} is not finite: these weights are not taken for the best", metric.name);
  } else if (!value && !values.empty()) {
    spdlog::warn("{} is not known of this validation: no weights are taken for the best",
                 metric.name);
  } else if (value && (!state.best || metric.is_better(*value, *state.best))) {
    state.best = *value;
    state.best_epoch = state.epoch + 1;
    keeper.write_best_weights();
  }
}

}  // namespace stoker
