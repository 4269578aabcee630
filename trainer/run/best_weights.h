// Which epoch's weights are the best: those of the largest finite validation value.
//
// One thread.
#pragma once

#include <string>

#include "trainer/metrics/metric_sums.h"
#include "trainer/run/run_keeper.h"
#include "trainer/run/train_state.h"

namespace stoker {

// Writes the weights of now, and notes that in `state`, where value `metric` of a validation is
// better than any before. Where "val_loss" is not finite, outputs are NaN, and a count made from
// them means nothing: then these weights are never the best, and in the last epoch the run has
// diverged (Corrupt).
void keep_if_best(const NamedValues& values, const std::string& metric, bool is_last_epoch,
                  TrainState& state, RunKeeper& keeper);

}  // namespace stoker
