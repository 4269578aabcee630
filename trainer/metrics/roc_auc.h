// Area under the ROC curve, exact: the share of pairs of a positive and a negative sample in which
// the positive one scores higher, ties counted half. The same number as scikit-learn's
// roc_auc_score (tested).
//
// Source: T. Fawcett, "An introduction to ROC analysis", 2006; by sum of ranks (Mann, Whitney,
// 1947). Pure functions. O(n log n).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace stoker {

// One score and one truth a sample. Nothing where all samples are positive, or none is, or a score
// is NaN. InvalidArgument where the sizes differ.
std::optional<double> roc_auc(std::span<const float> scores, std::span<const uint8_t> positive);

// Each class against the rest. scores[i * class_count + c], labels[i] in 0..class_count-1.
std::vector<std::optional<double>> roc_auc_by_class(std::span<const float> scores,
                                                    std::span<const float> labels,
                                                    int64_t class_count);

}  // namespace stoker
