// The loss of classes is LibTorch's own cross-entropy, to the bit from one batch, and adds up over
// parts of one.
#include "trainer/tasks/classification_objective.h"

#include <gtest/gtest.h>

namespace stoker {
namespace {

DeviceBatch batch_of(const torch::Tensor& labels) {
  DeviceBatch batch;
  batch.target = labels;
  batch.samples = labels.size(0);
  return batch;
}

torch::Tensor loss_of(const Objective& objective, const torch::Tensor& logits,
                      const DeviceBatch& batch) {
  const std::vector<torch::Tensor> sums = objective.sums(logits, batch);
  const std::vector<torch::Tensor> weights = objective.weights(batch);
  torch::Tensor loss = torch::zeros({});
  for (size_t i = 0; i < sums.size(); ++i)
    loss = loss + objective.terms()[i].factor * mean_of(sums[i], weights[i]);
  return loss;
}

TEST(ClassificationObjective, IsLibTorchsCrossEntropyToTheBit) {
  torch::manual_seed(1);
  for (const double smoothing : {0.0, 0.1}) {
    for (const int64_t samples : {1, 7, 64, 100}) {
      const ClassificationObjective objective(smoothing, 10);
      const torch::Tensor logits = (3.0 * torch::randn({samples, 10})).requires_grad_();
      const torch::Tensor same = logits.detach().clone().requires_grad_();
      const torch::Tensor labels = torch::arange(samples).remainder(10);
      const torch::Tensor loss = loss_of(objective, logits, batch_of(labels));
      const torch::Tensor expected = torch::nn::functional::cross_entropy(
          same, labels,
          torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(smoothing));
      loss.backward();
      expected.backward();
      EXPECT_TRUE(torch::equal(loss, expected)) << smoothing << " " << samples;
      EXPECT_TRUE(torch::equal(logits.grad(), same.grad())) << smoothing << " " << samples;
    }
  }
}

TEST(ClassificationObjective, PaddingCountsNowhere) {
  torch::manual_seed(2);
  const ClassificationObjective objective(0.1, 4);
  const torch::Tensor logits = torch::randn({5, 4}).requires_grad_();
  const torch::Tensor labels = torch::tensor({0, 1, 2, 3, 0}, torch::kInt64);
  DeviceBatch padded = batch_of(labels);
  padded.padding = 2;
  const torch::Tensor loss = loss_of(objective, logits, padded);
  const torch::Tensor expected =
      loss_of(objective, logits.narrow(0, 0, 3), batch_of(labels.narrow(0, 0, 3)));
  EXPECT_TRUE(torch::equal(loss, expected));
  loss.backward();
  EXPECT_EQ(logits.grad().narrow(0, 3, 2).abs().sum().item<float>(), 0.0f);
}

// Losses and the first sample's gradient of cross_entropy_reference.py, torch 1.13.1.
TEST(ClassificationObjective, WithClassWeightsIsTorchsOfWholeAndOfMixedLabels) {
  struct Case {
    bool mixed;
    double smoothing;
    double loss;
    std::vector<float> gradient;
  };
  const torch::Tensor weights = torch::tensor({0.5, 2.0, 1.25}, torch::kFloat32);
  for (const Case& expected :
       {Case{false, 0.0, 1.08593285, {-0.01949118f, 0.00355569f, 0.01593549f}},
        Case{true, 0.0, 1.18379056, {-0.02144030f, 0.00391126f, 0.01752904f}},
        Case{false, 0.1, 1.16796696, {-0.00271788f, -0.00803217f, 0.01075006f}},
        Case{true, 0.1, 1.27510190, {-0.00298967f, -0.00883539f, 0.01182506f}}}) {
    const ClassificationObjective objective(expected.smoothing, 3, true, weights);
    const torch::Tensor logits = torch::tensor({{2.0, -1.0, 0.5},
                                                {0.25, 1.5, -0.75},
                                                {-2.0, 0.0, 3.0},
                                                {1.0, 1.0, 1.0},
                                                {0.5, -0.5, 0.125}},
                                               torch::kFloat32)
                                     .requires_grad_();
    DeviceBatch batch = batch_of(torch::tensor({0, 2, 2, 1, 0}, torch::kInt64));
    if (expected.mixed) {
      batch.partner_target = batch.target.roll(1);
      batch.own_share = 0.7;
    }
    const torch::Tensor loss = loss_of(objective, logits, batch);
    loss.backward();
    EXPECT_NEAR(loss.item<double>(), expected.loss, 1e-6);
    EXPECT_TRUE(torch::allclose(logits.grad()[0], torch::tensor(expected.gradient), 0.0, 1e-7))
        << logits.grad()[0];
  }
}

TEST(ClassificationObjective, ClassWeightsAddUpOverPartsOfABatch) {
  torch::manual_seed(4);
  const ClassificationObjective objective(0.1, 3, true, torch::tensor({0.25, 4.0, 1.0}));
  const torch::Tensor logits = torch::randn({9, 3});
  const torch::Tensor labels = torch::tensor({0, 0, 1, 0, 0, 0, 2, 1, 0}, torch::kInt64);
  std::vector<torch::Tensor> sums(2, torch::zeros({}));
  std::vector<torch::Tensor> weights(2, torch::zeros({}));
  for (const auto& [begin, count] : {std::pair{0, 6}, {6, 1}, {7, 2}}) {
    const DeviceBatch part = batch_of(labels.narrow(0, begin, count));
    for (size_t i = 0; i < 2; ++i) {
      sums[i] = sums[i] + objective.sums(logits.narrow(0, begin, count), part)[i];
      weights[i] = weights[i] + objective.weights(part)[i];
    }
  }
  double loss = 0.0;
  for (size_t i = 0; i < 2; ++i)
    loss += objective.terms()[i].factor * (sums[i] / weights[i]).item<double>();
  EXPECT_NEAR(loss, loss_of(objective, logits, batch_of(labels)).item<double>(), 1e-6);
}

TEST(ClassificationObjective, ABatchOfClassesThatDoNotCountTeachesNothing) {
  const ClassificationObjective objective(0.1, 2, true, torch::tensor({0.0, 1.0}));
  const torch::Tensor logits = torch::ones({3, 2}).requires_grad_();
  const torch::Tensor loss = loss_of(objective, logits, batch_of(torch::zeros({3}, torch::kInt64)));
  EXPECT_EQ(loss.item<float>(), 0.0f);
  loss.backward();
  EXPECT_EQ(logits.grad().abs().sum().item<float>(), 0.0f);
}

TEST(ClassificationObjective, SaysHowManyAreRightWhereLabelsAreWhole) {
  const ClassificationObjective objective(0.1, 3);
  const torch::Tensor logits =
      torch::tensor({{1.0, 2.0, 0.0}, {3.0, 2.0, 0.0}, {0.0, 0.0, 1.0}, {0.0, 9.0, 1.0}});
  DeviceBatch batch = batch_of(torch::tensor({1, 1, 2, 1}, torch::kInt64));
  ASSERT_EQ(objective.figures(logits, batch).size(), 1u);
  EXPECT_EQ(objective.figures(logits, batch)[0].name, "top1");
  EXPECT_EQ(objective.figures(logits, batch)[0].sum.item<int64_t>(), 3);
  batch.padding = 1;
  EXPECT_EQ(objective.figures(logits, batch)[0].sum.item<int64_t>(), 2);
  EXPECT_TRUE(ClassificationObjective(0.1, 3, false).figures(logits, batch).empty());
  batch.partner_target = batch.target;
  EXPECT_TRUE(objective.figures(logits, batch).empty());
}

TEST(ClassificationObjective, ABatchOfPaddingAloneHasNoWeightAndNoLoss) {
  const ClassificationObjective objective(0.0, 2);
  DeviceBatch batch = batch_of(torch::tensor({0, 1}, torch::kInt64));
  batch.padding = 2;
  EXPECT_EQ(objective.weights(batch).at(0).item<float>(), 0.0f);
  EXPECT_EQ(loss_of(objective, torch::ones({2, 2}), batch).item<float>(), 0.0f);
}

}  // namespace
}  // namespace stoker
