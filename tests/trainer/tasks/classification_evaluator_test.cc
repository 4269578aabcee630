// What validation makes of each image.
#include "trainer/tasks/classification_evaluator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace stoker {
namespace {

// The left and the right pixel are the logits of two classes.
struct PixelNetwork : torch::nn::Module {
  torch::Tensor forward(torch::Tensor images) { return images.flatten(1); }
};

// Two images of 1 x 2 pixels in one batch.
class TwoImages : public BatchFeed {
 public:
  uint64_t batches_from(uint64_t, uint64_t) const override { return 1; }
  void start_epoch(uint64_t, uint64_t) override {}
  DeviceBatch next() override {
    DeviceBatch batch;
    batch.input = torch::tensor({3.0f, 1.0f, 0.0f, 4.0f}).view({2, 1, 1, 2});
    batch.target = torch::tensor({0, 1}, torch::kInt64);
    batch.samples = 2;
    return batch;
  }
};

std::map<std::string, double> judge(bool flips) {
  ClassificationEvaluator evaluator(torch::nn::AnyModule(std::make_shared<PixelNetwork>()),
                                    std::make_unique<TwoImages>(), 2, flips);
  const NamedValues values = evaluator.finish(evaluator.evaluate());
  return {values.begin(), values.end()};
}

TEST(ClassificationEvaluator, JudgesImagesAsTheyAre) {
  const auto values = judge(false);
  EXPECT_EQ(values.at("val_top1"), 1.0);
  EXPECT_NEAR(values.at("val_loss"), (std::log1p(std::exp(-2.0)) + std::log1p(std::exp(-4.0))) / 2,
              1e-6);
}

// (3, 1) and its mirror (1, 3) are (2, 2) on average: no class is told from the other, and the
// first counts as a guess that gets no credit for the second image.
TEST(ClassificationEvaluator, WithMirrorImagesTakesTheMeanOfTheLogits) {
  const auto values = judge(true);
  EXPECT_NEAR(values.at("val_loss"), std::log(2.0), 1e-6);
  EXPECT_EQ(values.at("val_top1"), 0.5);
}

TEST(ClassificationEvaluator, OffersAucUpToItsManyClasses) {
  const auto names = [](int64_t classes) {
    ClassificationEvaluator evaluator(torch::nn::AnyModule(std::make_shared<PixelNetwork>()),
                                      std::make_unique<TwoImages>(), classes);
    std::vector<std::string> names;
    for (const BestMetric& metric : evaluator.best_metrics())
      names.push_back(metric.name);
    return names;
  };
  EXPECT_THAT(names(100), ::testing::ElementsAre("val_top1", "val_top5", "val_macro_f1",
                                                 "val_macro_auc", "val_loss"));
  EXPECT_THAT(names(101), ::testing::Not(::testing::Contains("val_macro_auc")));
}

}  // namespace
}  // namespace stoker
