// What was right and wrong of each class: precision, recall, F1, as scikit-learn's
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

// Samples by class.
struct ClassCounts {
  std::vector<double> support;    // whose label it is
  std::vector<double> predicted;  // that were taken for it
  std::vector<double> right;      // both

  void add(size_t label, size_t prediction, size_t class_count);
};

// InvalidArgument where the three are not of one length.
std::vector<ClassScore> class_scores(std::span<const double> support,
                                     std::span<const double> predicted,
                                     std::span<const double> right);

// Mean of F1 over the classes that have samples or predictions, those being all that scikit-learn's
// f1_score(average="macro") sees; 0 where there is none.
double macro_f1(std::span<const ClassScore> scores);

}  // namespace stoker
