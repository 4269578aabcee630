// The sums of a small evaluation, for tests of what reports make of them.
#pragma once

#include <cstdint>
#include <vector>

#include "trainer/metrics/classification_metrics.h"

namespace stoker {

// Four cats, one of which was taken for a dog, and two dogs.
inline EvaluationSums judged() {
  ClassificationMetrics metrics;
  metrics.add(std::vector<float>{1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1},
              std::vector<int64_t>{0, 0, 0, 0, 1, 1}, 2);
  return metrics.sums();
}

}  // namespace stoker
