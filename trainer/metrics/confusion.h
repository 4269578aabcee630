// What a confusion matrix says of each class: precision, recall, F1, as scikit-learn's
// precision_recall_fscore_support computes them (tested).
//
// Pure functions on plain values.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace stoker {

struct ClassScore {
  uint64_t support = 0;    // samples whose label it is
  uint64_t predicted = 0;  // samples that were taken for it
  double precision = 0.0;  // 0 where nothing was taken for it
  double recall = 0.0;     // 0 where no sample is of it
  double f1 = 0.0;         // 0 where both are
};

// confusion[label * class_count + prediction]: samples. InvalidArgument where it is not square.
std::vector<ClassScore> class_scores(std::span<const double> confusion, int64_t class_count);

// Mean of F1 over the classes that have samples or predictions, those being all that scikit-learn's
// f1_score(average="macro") sees; 0 where there is none.
double macro_f1(std::span<const ClassScore> scores);

}  // namespace stoker
