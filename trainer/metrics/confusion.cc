#include "trainer/metrics/confusion.h"

#include <string>

#include "libdata/core/error.h"

namespace stoker {
namespace {

double share(double part, double whole) {
  return whole > 0.0 ? part / whole : 0.0;
}

}  // namespace

void ClassCounts::add(size_t label, size_t prediction, size_t class_count) {
  for (std::vector<double>* counts : {&support, &predicted, &right})
    counts->resize(class_count);
  support[label] += 1.0;
  predicted[prediction] += 1.0;
  if (label == prediction) right[label] += 1.0;
}

std::vector<ClassScore> class_scores(std::span<const double> support,
                                     std::span<const double> predicted,
                                     std::span<const double> right) {
  if (predicted.size() != support.size() || right.size() != support.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected three counts of each of " + std::to_string(support.size()) + " classes");
  }
  std::vector<ClassScore> scores;
  for (size_t c = 0; c < support.size(); ++c) {
    scores.push_back({static_cast<uint64_t>(support[c]), static_cast<uint64_t>(predicted[c]),
                      share(right[c], predicted[c]), share(right[c], support[c]),
                      share(2.0 * right[c], support[c] + predicted[c])});
  }
  return scores;
}

double macro_f1(std::span<const ClassScore> scores) {
  double sum = 0.0;
  double classes = 0.0;
  for (const ClassScore& score : scores) {
    if (score.support + score.predicted == 0) continue;
    sum += score.f1;
    classes += 1.0;
  }
  return share(sum, classes);
}

}  // namespace stoker
