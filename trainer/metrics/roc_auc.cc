#include "trainer/metrics/roc_auc.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "libdata/core/error.h"

namespace stoker {

std::optional<double> roc_auc(std::span<const float> scores, std::span<const uint8_t> positive) {
  if (scores.size() != positive.size()) {
    throw Error(ErrorCode::kInvalidArgument, "expected a truth for each of " +
                                                 std::to_string(scores.size()) + " scores, found " +
                                                 std::to_string(positive.size()));
  }
  if (std::any_of(scores.begin(), scores.end(), [](float score) { return std::isnan(score); }))
    return std::nullopt;
  std::vector<uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return scores[a] < scores[b]; });

  // Twice the pairs won, in whole numbers: negatives below count 2, negatives of equal score 1.
  uint64_t negatives_below = 0, positives = 0, twice_won = 0;
  for (size_t begin = 0; begin < order.size();) {
    uint64_t tied_positives = 0, tied_negatives = 0;
    size_t end = begin;
    for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end)
      ++(positive[order[end]] != 0 ? tied_positives : tied_negatives);
    twice_won += tied_positives * (2 * negatives_below + tied_negatives);
    negatives_below += tied_negatives;
    positives += tied_positives;
    begin = end;
  }
  if (positives == 0 || negatives_below == 0) return std::nullopt;
  return static_cast<double>(twice_won) /
         (2.0 * static_cast<double>(positives) * static_cast<double>(negatives_below));
}

std::vector<std::optional<double>> roc_auc_by_class(std::span<const float> scores,
                                                    std::span<const float> labels,
                                                    int64_t class_count) {
  const auto classes = static_cast<size_t>(class_count);
  if (scores.size() != labels.size() * classes) {
    throw Error(ErrorCode::kInvalidArgument, "expected " + std::to_string(class_count) +
                                                 " scores for each of " +
                                                 std::to_string(labels.size()) + " labels, found " +
                                                 std::to_string(scores.size()));
  }
  std::vector<std::optional<double>> areas;
  std::vector<float> own(labels.size());
  std::vector<uint8_t> positive(labels.size());
  for (size_t c = 0; c < classes; ++c) {
    for (size_t i = 0; i < labels.size(); ++i) {
      own[i] = scores[i * classes + c];
      positive[i] = labels[i] == static_cast<float>(c) ? 1 : 0;
    }
    areas.push_back(roc_auc(own, positive));
  }
  return areas;
}

}  // namespace stoker
