// Confusion, F1 and AUC against the numbers of scikit-learn 1.9.1 for the samples drawn below:
//   labels = (i**2 + i // 3) % 4, logits = ((7i + 13c + 5ic) % 11) / 4 + 0.75 * (c == label),
//   float32 f1_score(labels, logits.argmax(1), average="macro"),
//   precision_recall_fscore_support(..., labels=range(5)), roc_auc_score(labels == k,
//   softmax(logits)[:, k])
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "libdata/core/error.h"
#include "trainer/metrics/classification_metrics.h"
#include "trainer/metrics/confusion.h"
#include "trainer/metrics/roc_auc.h"

namespace stoker {
namespace {

constexpr int64_t kSamples = 60;
constexpr int64_t kClasses = 5;  // of which the last has no sample

ClassificationMetrics drawn(int64_t first, int64_t last) {
  std::vector<float> logits;
  std::vector<int64_t> labels;
  for (int64_t i = first; i < last; ++i) {
    labels.push_back((i * i + i / 3) % 4);
    for (int64_t c = 0; c < kClasses; ++c) {
      const auto value = static_cast<float>((i * 7 + c * 13 + i * c * 5) % 11) / 4.0f;
      logits.push_back(value + (c == labels.back() ? 0.75f : 0.0f));
    }
  }
  ClassificationMetrics metrics;
  metrics.add(logits, labels, kClasses);
  return metrics;
}

double value_of(const NamedValues& values, const std::string& name) {
  for (const auto& [key, value] : values) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no " << name;
  return 0.0;
}

TEST(ClassScores, EqualScikitLearns) {
  const EvaluationSums sums = drawn(0, kSamples).sums();
  EXPECT_EQ(class_count_of(sums), kClasses);
  const std::vector<double> expected{11, 1, 1, 0, 7, 1, 8, 1, 0, 0, 1, 2, 10,
                                     0,  7, 1, 1, 3, 4, 1, 0, 0, 0, 0, 0};
  const auto confusion = sums.values("confusion");
  EXPECT_EQ(std::vector<double>(confusion.begin(), confusion.end()), expected);
  const std::vector<ClassScore> scores = class_scores(sums);
  const double precision[] = {0.7857142857142857, 0.66666666666666663, 0.66666666666666663, 1, 0};
  const double recall[] = {0.55, 0.8, 0.5, 0.4, 0};
  const double f1[] = {0.6470588235294118, 0.72727272727272729, 0.5714285714285714,
                       0.5714285714285714, 0};
  for (size_t c = 0; c < scores.size(); ++c) {
    EXPECT_DOUBLE_EQ(scores[c].precision, precision[c]);
    EXPECT_DOUBLE_EQ(scores[c].recall, recall[c]);
    EXPECT_DOUBLE_EQ(scores[c].f1, f1[c]);
  }
  EXPECT_EQ(scores[4].support, 0u);
  EXPECT_EQ(scores[4].predicted, 15u);

  const NamedValues results = classification_results(sums);
  EXPECT_DOUBLE_EQ(value_of(results, "val_top1"), 0.55);
  EXPECT_NEAR(value_of(results, "val_loss"), 1.1987142319320689, 1e-12);
  EXPECT_DOUBLE_EQ(value_of(results, "val_macro_f1"), 0.50343773873185638);
  EXPECT_DOUBLE_EQ(value_of(results, "val_macro_auc"), 0.8683749999999999);
}

TEST(ClassScores, AucOfEachClassEqualsScikitLearns) {
  const std::vector<std::optional<double>> areas = class_aucs(drawn(0, kSamples).sums());
  const double expected[] = {0.83, 0.906, 0.7475, 0.99};
  ASSERT_EQ(areas.size(), 5u);
  for (size_t c = 0; c < 4; ++c)
    EXPECT_DOUBLE_EQ(areas[c].value(), expected[c]);
  EXPECT_FALSE(areas[4]);  // no sample is of it
}

TEST(ClassScores, PartsAddUpToTheWhole) {
  EvaluationSums sums = drawn(0, 17).sums();
  sums.add(drawn(17, kSamples).sums());
  sums.add(ClassificationMetrics().sums());  // of a process without samples
  const NamedValues parts = classification_results(sums);
  const NamedValues whole = classification_results(drawn(0, kSamples).sums());
  ASSERT_EQ(parts.size(), whole.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    EXPECT_EQ(parts[i].first, whole[i].first);
    EXPECT_NEAR(parts[i].second, whole[i].second, 1e-14);  // the loss is added in another order
  }
}

TEST(ClassScores, ManyClassesHaveNoAuc) {
  ClassificationMetrics metrics;
  std::vector<float> logits(kMostScoredClasses + 1);
  logits[3] = 1.0f;
  metrics.add(logits, std::vector<int64_t>{3}, static_cast<int64_t>(logits.size()));
  EXPECT_TRUE(metrics.sums().gathered.empty());
  for (const auto& [name, value] : classification_results(metrics.sums()))
    EXPECT_NE(name, "val_macro_auc");
}

TEST(RocAuc, CountsTiesHalfAndNeedsBothKinds) {
  const std::vector<uint8_t> truth{1, 0, 1, 0};
  EXPECT_EQ(roc_auc(std::vector<float>{0.5f, 0.5f, 0.5f, 0.5f}, truth), 0.5);
  EXPECT_EQ(roc_auc(std::vector<float>{0.9f, 0.1f, 0.8f, 0.2f}, truth), 1.0);
  EXPECT_EQ(roc_auc(std::vector<float>{0.1f, 0.9f, 0.1f, 0.2f}, truth), 0.0);
  EXPECT_EQ(roc_auc(std::vector<float>{0.5f, 0.5f, 0.9f, 0.1f}, truth), 0.875);
  EXPECT_FALSE(roc_auc(std::vector<float>{0.1f, 0.2f}, std::vector<uint8_t>{1, 1}));
  EXPECT_FALSE(roc_auc(std::vector<float>{}, std::vector<uint8_t>{}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(roc_auc(std::vector<float>{nan, 0.2f}, std::vector<uint8_t>{1, 0}));
  EXPECT_THROW((void)roc_auc(std::vector<float>{0.1f}, truth), Error);
}

// A softmax in float would round both to 1.
TEST(ClassScores, AucTellsApartWhatIsNearlyCertain) {
  ClassificationMetrics metrics;
  metrics.add(std::vector<float>{40, 0, 30, 0}, std::vector<int64_t>{0, 1}, 2);
  for (const auto& area : class_aucs(metrics.sums()))
    EXPECT_EQ(area, 1.0);
}

TEST(ClassScores, SurviveWithoutAMatrix) {
  ClassificationMetrics metrics;
  std::vector<float> logits(kMostConfusedClasses + 1);
  logits[3] = 1.0f;
  metrics.add(logits, std::vector<int64_t>{3}, static_cast<int64_t>(logits.size()));
  metrics.add(logits, std::vector<int64_t>{4}, static_cast<int64_t>(logits.size()));
  const EvaluationSums sums = metrics.sums();
  EXPECT_TRUE(sums.values("confusion").empty());
  EXPECT_EQ(class_scores(sums)[3].precision, 0.5);
  EXPECT_DOUBLE_EQ(value_of(classification_results(sums), "val_macro_f1"), (2.0 / 3.0 + 0.0) / 2.0);
}

TEST(ClassScores, RefuseCountsThatDoNotFit) {
  EXPECT_THROW((void)class_scores(std::vector<double>{1, 2}, std::vector<double>{1, 2},
                                  std::vector<double>{1}),
               Error);
}

}  // namespace
}  // namespace stoker
