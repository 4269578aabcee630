// By which value of a validation weights are called the best.
//
// Plain values. Errors: InvalidArgument.
#pragma once

#include <span>
#include <string>

namespace stoker {

struct BestMetric {
  std::string name;  // as validation calls it: "val_top1"
  bool less_is_better = false;

  bool is_better(double value, double than) const {
    return less_is_better ? value < than : value > than;
  }
  bool reaches(double value, double target) const {
    return less_is_better ? value <= target : value >= target;
  }
};

// The one a user means by "val_macro_auc", "macro_auc" or "auc"; of an empty text the first.
// InvalidArgument, with the names there are, where it is none of them. Precondition: at least one.
BestMetric find_best_metric(std::span<const BestMetric> offered, const std::string& asked);

}  // namespace stoker
