#include "trainer/metrics/confusion.h"

#include <string>

#include "libdata/core/error.h"

namespace stoker {
namespace {

double share(double part, double whole) {
  return whole > 0.0 ? part / whole : 0.0;
}

}  // namespace

std::vector<ClassScore> class_scores(std::span<const double> confusion, int64_t class_count) {
  const auto classes = static_cast<size_t>(class_count);
  if (confusion.size() != classes * classes) {
    throw Error(ErrorCode::kInvalidArgument, "expected a confusion matrix of " +
                                                 std::to_string(class_count) + " classes, found " +
                                                 std::to_string(confusion.size()) + " values");
  }
  std::vector<ClassScore> scores(classes);
  for (size_t label = 0; label < classes; ++label) {
    for (size_t prediction = 0; prediction < classes; ++prediction) {
      const auto samples = static_cast<uint64_t>(confusion[label * classes + prediction]);
      scores[label].support += samples;
      scores[prediction].predicted += samples;
    }
  }
  for (size_t c = 0; c < classes; ++c) {
    ClassScore& score = scores[c];
    const double right = confusion[c * classes + c];
    score.precision = share(right, static_cast<double>(score.predicted));
    score.recall = share(right, static_cast<double>(score.support));
    score.f1 = share(2.0 * right, static_cast<double>(score.support + score.predicted));
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
