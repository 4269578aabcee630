// How good a network is on the validation data.
//
// One thread. The caller has put the network in eval mode and gradients off.
#pragma once

#include <vector>

#include "libdata/loader/loader_options.h"
#include "trainer/metrics/best_metric.h"
#include "trainer/metrics/evaluation_sums.h"
#include "trainer/metrics/metric_sums.h"
#include "trainer/report/sample_gallery.h"

namespace stoker {

class Evaluator {
 public:
  virtual ~Evaluator() = default;

  // Every sample of this process's share once. Throws Stopped between two batches. Draws nothing
  // from LibTorch's random generators.
  virtual EvaluationSums evaluate() = 0;
  // What the sums of all processes, added up, come to; names start with "val_". Empty where there
  // was nothing to score.
  virtual NamedValues finish(const EvaluationSums& sums) const = 0;
  // By which of finish's values the best weights may be kept; the first, where none is asked for.
  virtual std::vector<BestMetric> best_metrics() const = 0;

  // The samples of this process's share that the last evaluate() found hardest and easiest. Reads
  // their pictures; what cannot be read has none.
  virtual SampleGallery gallery() const { return {}; }

  // What --on-error skip has left out so far; grows at its end from call to call.
  virtual std::vector<SkippedSample> skipped() const { return {}; }
};

}  // namespace stoker
