// Weighted sums by name, from which means are taken: "loss" over an epoch, a task's own figures.
//
// Plain value, one thread. Sums are doubles, kept in a checkpoint and restored bit for bit, so that
// the mean of an epoch that was interrupted is that of one that was not.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoker {

using NamedValues = std::vector<std::pair<std::string, double>>;

// Whether a sample's own class has the highest logit.
inline constexpr const char* kAccuracyFigure = "top1";

struct MetricSums {
  struct Sum {
    double sum = 0.0;
    double weight = 0.0;
  };
  std::map<std::string, Sum, std::less<>> by_name;

  void add(std::string_view name, double sum, double weight);
  void add(const MetricSums& other);
  NamedValues means(std::string_view prefix) const;  // "train_" gives "train_loss"; by name
};

}  // namespace stoker
