// Which epoch's weights are the best: those of the largest (of a loss: the least) finite value of a
// validation.
//
// One thread.
#pragma once

#include <string>

#include "trainer/metrics/best_metric.h"
#include "trainer/metrics/metric_sums.h"
#include "trainer/options/validation_options.h"
#include "trainer/run/run_keeper.h"
#include "trainer/run/train_state.h"
#include "trainer/tasks/task.h"

namespace stoker {

// What --best-metric means for the task; without a name for one that is not validated.
// InvalidArgument where validation does not give it, or there is no validation.
BestMetric choose_best_metric(const Task& task, const ValidationOptions& options);

// "val_top1", "val_top1 with --val-tta flip": values that are not alike in this are not compared.
std::string describe(const BestMetric& metric, const ValidationOptions& options);

// Writes the weights of now, and notes that in `state`, where value `metric` of a validation is
// better than any before. Where "val_loss" is not finite, outputs are NaN, and a count made from
// them means nothing: then these weights are never the best, and in the last epoch the run has
// diverged (Corrupt).
void keep_if_best(const NamedValues& values, const BestMetric& metric, bool is_last_epoch,
                  TrainState& state, RunKeeper& keeper);

}  // namespace stoker
