#include "trainer/metrics/classification_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "libdata/core/error.h"

namespace stoker {
namespace {

uint64_t count_better(std::span<const float> logits, size_t label) {
  const float own = logits[label];
  if (std::isnan(own)) return std::numeric_limits<uint64_t>::max();
  uint64_t better = 0;
  for (size_t c = 0; c < logits.size(); ++c) {
    const bool not_above = logits[c] < own || (logits[c] == own && c >= label);
    better += not_above ? 0 : 1;  // written so that a NaN counts as better
  }
  return better;
}

double cross_entropy(std::span<const float> logits, size_t label) {
  const double top = *std::max_element(logits.begin(), logits.end());
  double sum = 0.0;
  for (const float logit : logits)
    sum += std::exp(static_cast<double>(logit) - top);
  return std::log(sum) + top - static_cast<double>(logits[label]);
}

}  // namespace

void ClassificationMetrics::add(std::span<const float> logits, std::span<const int64_t> labels,
                                int64_t class_count) {
  const size_t classes = static_cast<size_t>(class_count);
  if (class_count < 1 || logits.size() != labels.size() * classes) {
    throw Error(ErrorCode::kInvalidArgument, "expected " + std::to_string(class_count) +
                                                 " logits for each of " +
                                                 std::to_string(labels.size()) + " labels, found " +
                                                 std::to_string(logits.size()));
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || labels[i] >= class_count) {
      throw Error(ErrorCode::kInvalidArgument, "label " + std::to_string(labels[i]) +
                                                   " is outside 0.." +
                                                   std::to_string(class_count - 1));
    }
    const auto row = logits.subspan(i * classes, classes);
    const size_t label = static_cast<size_t>(labels[i]);
    const uint64_t better = count_better(row, label);
    top1 += better < 1 ? 1 : 0;
    top5 += better < 5 ? 1 : 0;
    loss += cross_entropy(row, label);
  }
  samples += labels.size();
}

EvaluationSums ClassificationMetrics::sums() const {
  EvaluationSums sums;
  sums.add("loss", loss);
  sums.add("samples", static_cast<double>(samples));
  sums.add("top1", static_cast<double>(top1));
  sums.add("top5", static_cast<double>(top5));
  return sums;
}

NamedValues classification_results(const EvaluationSums& sums) {
  const double count = sums.value("samples");
  if (count == 0.0) {
    throw Error(ErrorCode::kInvalidArgument, "expected at least one validation sample");
  }
  return {{"val_loss", sums.value("loss") / count},
          {"val_top1", sums.value("top1") / count},
          {"val_top5", sums.value("top5") / count}};
}

}  // namespace stoker
