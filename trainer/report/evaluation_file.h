// evaluation.json: what the last validation says of each class, for people and for report.html.
//
//   {"epoch": 3, "classes": [{"name", "support", "predicted", "precision", "recall", "f1", "auc"}],
//    "confusion": [[samples by prediction] by label],    empty where there are too many classes
//    "samples": {"score": "loss", "high_is_bad": true,
//                "worst": [{"name", "score", "label", "prediction", "probability"}], "best":
//                [...]}}
// Of volumes there are no classes, and of a sample the first two members alone. Pictures are not
// kept. "auc" is null where it is not defined or not computed (classification_metrics.h).
// Plain values, one thread. Errors: Corrupt for text that is no such file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trainer/metrics/confusion.h"
#include "trainer/metrics/evaluation_sums.h"
#include "trainer/report/sample_gallery.h"

namespace stoker {

struct Evaluation {
  struct OfClass {
    std::string name;
    ClassScore score;
    std::optional<double> auc;
  };
  uint64_t epoch = 0;  // from 1
  std::vector<OfClass> classes;
  std::vector<double> confusion;  // [label][prediction]; empty beyond kMostConfusedClasses
  SampleGallery samples;
};

// Nothing where the sums are of no classes (volumes, or no sample) and there is no gallery. A class
// beyond the names is called by its number.
std::optional<Evaluation> evaluation_of(const EvaluationSums& sums,
                                        const std::vector<std::string>& class_names, uint64_t epoch,
                                        SampleGallery samples = {});

std::string encode_evaluation(const Evaluation& evaluation);
Evaluation decode_evaluation(std::string_view json);

}  // namespace stoker
