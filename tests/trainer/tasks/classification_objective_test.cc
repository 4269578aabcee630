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
