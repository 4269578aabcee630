#include "trainer/metrics/classification_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "libdata/core/error.h"
#include "trainer/metrics/roc_auc.h"

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

// Right where no class is better: a constant network gets no credit. Else the highest logit, the
// first of equal ones; a row without a number is taken for class 0.
size_t prediction_of(std::span<const float> logits, uint64_t better, size_t label) {
  if (better == 0) return label;
  size_t highest = 0;
  for (size_t c = 1; c < logits.size(); ++c) {
    if (logits[c] > logits[highest] || std::isnan(logits[highest])) highest = c;
  }
  return highest;
}

std::optional<double> mean_of(std::span<const std::optional<double>> values) {
  double sum = 0.0, count = 0.0;
  for (const auto& value : values) {
    if (!value) continue;
    sum += *value;
    count += 1.0;
  }
  return count > 0.0 ? std::optional(sum / count) : std::nullopt;
}

// log(p / (1 - p)) of each class's softmax p: its logit less the logarithm of the others' sum.
void append_log_odds(std::span<const float> logits, std::vector<float>& scores) {
  for (size_t own = 0; own < logits.size(); ++own) {
    double top = -std::numeric_limits<double>::infinity();
    for (size_t c = 0; c < logits.size(); ++c)
      if (c != own) top = std::max(top, static_cast<double>(logits[c]));
    double sum = 0.0;
    for (size_t c = 0; c < logits.size(); ++c)
      if (c != own) sum += std::exp(static_cast<double>(logits[c]) - top);
    scores.push_back(static_cast<float>(static_cast<double>(logits[own]) - top - std::log(sum)));
  }
}

}  // namespace

void ClassificationMetrics::add(std::span<const float> logits, std::span<const int64_t> truths,
                                int64_t class_count, std::span<const uint64_t> ids) {
  const size_t class_size = static_cast<size_t>(class_count);
  if (class_count < 1 || logits.size() != truths.size() * class_size) {
    throw Error(ErrorCode::kInvalidArgument, "expected " + std::to_string(class_count) +
                                                 " logits for each of " +
                                                 std::to_string(truths.size()) + " labels, found " +
                                                 std::to_string(logits.size()));
  }
  for (const int64_t label : truths) {
    if (label >= 0 && label < class_count) continue;
    throw Error(ErrorCode::kInvalidArgument, "label " + std::to_string(label) + " is outside 0.." +
                                                 std::to_string(class_count - 1));
  }
  if (!ids.empty() && ids.size() < truths.size()) {
    throw Error(ErrorCode::kInvalidArgument, "expected an id of each sample");
  }
  for (size_t i = 0; i < truths.size(); ++i) {
    const auto own = logits.subspan(i * class_size, class_size);
    const auto [prediction, sample_loss] = add_sample(own, static_cast<size_t>(truths[i]));
    if (ids.empty()) continue;
    extremes.add({ids[i], sample_loss, truths[i], static_cast<int64_t>(prediction),
                  std::exp(-cross_entropy(own, prediction))});
  }
}

std::pair<size_t, double> ClassificationMetrics::add_sample(std::span<const float> logits,
                                                            size_t label) {
  const uint64_t better = count_better(logits, label);
  top1 += better < 1 ? 1 : 0;
  top5 += better < 5 ? 1 : 0;
  const double sample_loss = cross_entropy(logits, label);
  loss += sample_loss;
  ++samples;
  const size_t class_count = logits.size();
  const size_t prediction = prediction_of(logits, better, label);
  classes.add(label, prediction, class_count);
  if (class_count <= kMostConfusedClasses) {
    confusion.resize(class_count * class_count);
    confusion[label * class_count + prediction] += 1.0;
  }
  if (class_count <= kMostScoredClasses && scores.size() + class_count <= kMostScores) {
    append_log_odds(logits, scores);
    labels.push_back(static_cast<float>(label));
  }
  return {prediction, sample_loss};
}

EvaluationSums ClassificationMetrics::sums() const {
  EvaluationSums sums;
  sums.add("loss", loss);
  sums.add("samples", static_cast<double>(samples));
  sums.add("top1", static_cast<double>(top1));
  sums.add("top5", static_cast<double>(top5));
  if (samples > 0) {
    sums.add("support", classes.support);
    sums.add("predicted", classes.predicted);
    sums.add("right", classes.right);
  }
  if (!confusion.empty()) sums.add("confusion", confusion);
  if (!scores.empty()) {
    sums.gather("scores", scores);
    sums.gather("labels", labels);
  }
  return sums;
}

NamedValues classification_results(const EvaluationSums& sums) {
  const double count = sums.value("samples");
  if (count == 0.0) {
    throw Error(ErrorCode::kInvalidArgument, "expected at least one validation sample");
  }
  NamedValues results{{"val_loss", sums.value("loss") / count},
                      {"val_top1", sums.value("top1") / count},
                      {"val_top5", sums.value("top5") / count}};
  results.emplace_back("val_macro_f1", macro_f1(class_scores(sums)));
  if (const auto mean = mean_of(class_aucs(sums))) results.emplace_back("val_macro_auc", *mean);
  return results;
}

int64_t class_count_of(const EvaluationSums& sums) {
  return static_cast<int64_t>(sums.values("support").size());
}

std::vector<ClassScore> class_scores(const EvaluationSums& sums) {
  return class_scores(sums.values("support"), sums.values("predicted"), sums.values("right"));
}

std::vector<std::optional<double>> class_aucs(const EvaluationSums& sums) {
  const std::span<const float> labels = sums.gathered_values("labels");
  if (labels.empty() || static_cast<double>(labels.size()) != sums.value("samples")) return {};
  return roc_auc_by_class(sums.gathered_values("scores"), labels, class_count_of(sums));
}

}  // namespace stoker
