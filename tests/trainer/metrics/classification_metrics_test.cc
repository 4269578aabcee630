#include "trainer/metrics/classification_metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "libdata/core/error.h"

namespace stoker {
namespace {

double value_of(const NamedValues& values, const std::string& name) {
  for (const auto& [key, value] : values) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no " << name;
  return 0.0;
}

TEST(ClassificationMetrics, CountsTop1AndTop5) {
  ClassificationMetrics metrics;
  // Six classes: the label is first, fifth and sixth by its logit.
  const std::vector<float> logits{9, 1, 2, 3, 4, 5, 1, 9, 2, 3, 4, 0, 0, 9, 2, 3, 4, 1};
  metrics.add(logits, std::vector<int64_t>{0, 0, 0}, 6);
  const NamedValues values = classification_results(metrics.sums());
  EXPECT_DOUBLE_EQ(value_of(values, "val_top1"), 1.0 / 3.0);
  EXPECT_DOUBLE_EQ(value_of(values, "val_top5"), 2.0 / 3.0);
}

TEST(ClassificationMetrics, LossIsTheMeanOverSamplesNotOverBatches) {
  ClassificationMetrics metrics;
  const std::vector<float> even{0, 0, 0, 0, 0, 0};  // log 2 each
  metrics.add(even, std::vector<int64_t>{0, 1, 0}, 2);
  metrics.add(std::vector<float>{0, std::log(3.0f)}, std::vector<int64_t>{0}, 2);  // p = 1/4
  EXPECT_NEAR(value_of(classification_results(metrics.sums()), "val_loss"),
              (3 * std::log(2.0) + std::log(4.0)) / 4, 1e-7);
}

TEST(ClassificationMetrics, SumsOfPartsAddUpToThoseOfTheWhole) {
  const std::vector<float> logits{0, 1, 2, 0, 3, 0};
  const std::vector<int64_t> labels{1, 1, 0};
  ClassificationMetrics whole;
  whole.add(logits, labels, 2);
  ClassificationMetrics first;
  first.add(std::span(logits).first(4), std::span(labels).first(2), 2);
  ClassificationMetrics second;
  second.add(std::span(logits).last(2), std::span(labels).last(1), 2);
  EvaluationSums sums = first.sums();
  sums.add(second.sums());
  EXPECT_EQ(sums.by_name, whole.sums().by_name);
  EXPECT_DOUBLE_EQ(value_of(classification_results(sums), "val_top1"), 2.0 / 3.0);
}

TEST(EvaluationSums, AddPlaceByPlaceAndRefuseAnotherSize) {
  EvaluationSums sums;
  sums.add("confusion", std::vector<double>{1, 0, 2, 3});
  EvaluationSums other;
  other.add("confusion", std::vector<double>{0, 5, 1, 1});
  other.add("samples", 7);
  sums.add(other);
  EXPECT_EQ(sums.by_name.at("confusion"), (std::vector<double>{1, 5, 3, 4}));
  EXPECT_EQ(sums.value("samples"), 7.0);
  EXPECT_EQ(sums.value("nothing"), 0.0);
  EXPECT_THROW(sums.add("confusion", 1.0), Error);
}

TEST(ClassificationMetrics, LargeLogitsDoNotOverflow) {
  ClassificationMetrics metrics;
  metrics.add(std::vector<float>{1e4f, 0.0f}, std::vector<int64_t>{1}, 2);
  EXPECT_DOUBLE_EQ(value_of(classification_results(metrics.sums()), "val_loss"), 1e4);
}

TEST(ClassificationMetrics, ConstantNetworkGetsChanceOnly) {
  ClassificationMetrics metrics;
  for (int64_t label = 0; label < 10; ++label) {
    metrics.add(std::vector<float>(10, 0.5f), std::vector<int64_t>{label}, 10);
  }
  EXPECT_DOUBLE_EQ(value_of(classification_results(metrics.sums()), "val_top1"), 0.1);
  EXPECT_DOUBLE_EQ(value_of(classification_results(metrics.sums()), "val_top5"), 0.5);
}

TEST(ClassificationMetrics, NanIsNeverRight) {
  ClassificationMetrics metrics;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  metrics.add(std::vector<float>{nan, nan}, std::vector<int64_t>{0}, 2);
  metrics.add(std::vector<float>{1.0f, nan}, std::vector<int64_t>{0}, 2);
  EXPECT_EQ(metrics.top1, 0u);
  EXPECT_EQ(metrics.top5, 1u);
}

TEST(ClassificationMetrics, RejectsWhatDoesNotFit) {
  ClassificationMetrics metrics;
  const std::vector<float> logits(4, 0.0f);
  EXPECT_THROW(metrics.add(logits, std::vector<int64_t>{0, 2}, 2), Error);
  EXPECT_THROW(metrics.add(logits, std::vector<int64_t>{0, -1}, 2), Error);
  EXPECT_THROW(metrics.add(logits, std::vector<int64_t>{0}, 2), Error);
  EXPECT_THROW(classification_results(metrics.sums()), Error);
}

TEST(ClassificationMetrics, KnowsItsWorstAndBestSamplesByTheirIds) {
  ClassificationMetrics metrics;
  const std::vector<uint64_t> ids{7, 3, 9};
  metrics.add(std::vector<float>{0, 0, 4, 0, 0, 2}, std::vector<int64_t>{0, 0, 0}, 2, ids);
  const auto worst = metrics.extremes.worst();
  ASSERT_EQ(worst.size(), 2u);
  EXPECT_EQ(worst[0].id, 9u);
  EXPECT_EQ(worst[0].label, 0);
  EXPECT_EQ(worst[0].prediction, 1);
  EXPECT_NEAR(worst[0].loss, std::log1p(std::exp(2.0)), 1e-12);
  EXPECT_NEAR(worst[0].probability, 1.0 / (1.0 + std::exp(-2.0)), 1e-12);
  EXPECT_EQ(worst[1].id, 7u);
  EXPECT_EQ(metrics.extremes.best().at(0).id, 3u);
  EXPECT_THROW(metrics.add(std::vector<float>{0, 0, 1, 1}, std::vector<int64_t>{0, 1}, 2,
                           std::vector<uint64_t>{1}),
               Error);
}

}  // namespace
}  // namespace stoker
