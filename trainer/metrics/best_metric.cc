#include "trainer/metrics/best_metric.h"

#include <string_view>

#include "libdata/core/error.h"

namespace stoker {
namespace {

std::string_view without(std::string_view name, std::string_view prefix) {
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

}  // namespace

BestMetric find_best_metric(std::span<const BestMetric> offered, const std::string& asked) {
  if (asked.empty()) return offered.front();
  const std::string_view wanted = without(asked, "val_");
  std::string names;
  for (const BestMetric& metric : offered) {
    const std::string_view name = without(metric.name, "val_");
    if (wanted == name || wanted == without(name, "macro_")) return metric;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  throw Error(ErrorCode::kInvalidArgument,
              "--best-metric: validation gives " + names + ", not '" + asked + "'");
}

}  // namespace stoker
