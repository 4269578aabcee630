#include "trainer/metrics/metric_sums.h"

namespace stoker {

void MetricSums::add(std::string_view name, double sum, double weight) {
  auto found = by_name.find(name);
  if (found == by_name.end()) found = by_name.emplace(std::string(name), Sum{}).first;
  found->second.sum += sum;
  found->second.weight += weight;
}

void MetricSums::add(const MetricSums& other) {
  for (const auto& [name, sum] : other.by_name)
    add(name, sum.sum, sum.weight);
}

NamedValues MetricSums::means(std::string_view prefix) const {
  NamedValues means;
  for (const auto& [name, sum] : by_name) {
    if (sum.weight > 0.0) means.emplace_back(std::string(prefix) + name, sum.sum / sum.weight);
  }
  return means;
}

}  // namespace stoker
