#include "trainer/run/best_weights.h"

#include <spdlog/spdlog.h>

#include <cmath>
#include <optional>

namespace stoker {
namespace {

std::optional<double> value_of(const NamedValues& values, const std::string& name) {
  for (const auto& [found, value] : values) {
    if (found == name) return value;
  }
  return std::nullopt;
}

}  // namespace

void keep_if_best(const NamedValues& values, const std::string& metric, bool is_last_epoch,
                  TrainState& state, RunKeeper& keeper) {
  const std::optional<double> loss = value_of(values, "val_loss");
  const std::optional<double> value = value_of(values, metric);
  if (loss && !std::isfinite(*loss)) {
    if (is_last_epoch) keeper.end_diverged(state, "the validation loss is not finite");
    spdlog::warn("the validation loss is not finite: these weights are not taken for the best");
  } else if (value && !std::isfinite(*value)) {
    spdlog::warn("{} is not finite: these weights are not taken for the best", metric);
  } else if (value && (!state.best || *value > *state.best)) {
    state.best = *value;
    state.best_epoch = state.epoch + 1;
    keeper.write_best_weights();
  }
}

}  // namespace stoker
