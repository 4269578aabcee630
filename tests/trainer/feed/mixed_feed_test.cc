// Mixed images and their loss against plain LibTorch, written out as the papers have them.
#include "trainer/feed/mixed_feed.h"

#include <gtest/gtest.h>

#include <utility>

#include "trainer/tasks/classification_objective.h"

namespace stoker {
namespace {

namespace F = torch::nn::functional;

DeviceBatch make_batch(int64_t samples) {
  DeviceBatch batch;
  batch.input = torch::randn({samples, 3, 6, 8}).contiguous(torch::MemoryFormat::ChannelsLast);
  batch.target = torch::arange(samples).remainder(4);
  batch.samples = samples;
  return batch;
}

// As torch::nll_loss would have it of soft targets: -sum of target * log p, meaned over samples.
torch::Tensor soft_cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets) {
  return -(targets * torch::log_softmax(logits, 1)).sum(1).mean();
}

TEST(MixedFeed, BlendsAreThePapersSumOfImages) {
  torch::manual_seed(1);
  DeviceBatch batch = make_batch(5);
  const DeviceBatch before = batch;
  const torch::Tensor kept = batch.input.clone();
  MixingDraw draw{MixingDraw::Kind::kBlend, 2, 0.3};
  mix(draw, batch);
  for (int64_t i = 0; i < 5; ++i) {
    const int64_t partner = (i + 5 - 2) % 5;
    EXPECT_TRUE(torch::allclose(batch.input[i], 0.3 * kept[i] + 0.7 * kept[partner], 1e-6, 1e-6));
    EXPECT_EQ(batch.partner_target[i].item<int64_t>(), partner % 4);
  }
  EXPECT_TRUE(batch.input.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(torch::equal(before.input, kept));  // the feed beneath may hand it out again
  EXPECT_TRUE(torch::equal(batch.target, before.target));
}

TEST(MixedFeed, BoxesComeFromThePartnerAndTheRestStays) {
  torch::manual_seed(2);
  DeviceBatch batch = make_batch(4);
  const torch::Tensor kept = batch.input.clone();
  MixingDraw draw{MixingDraw::Kind::kBox, 1, 1.0 - 2.0 * 3.0 / 48.0, 1, 4, 3, 7};
  mix(draw, batch);
  for (int64_t i = 0; i < 4; ++i) {
    for (int64_t y = 0; y < 6; ++y) {
      for (int64_t x = 0; x < 8; ++x) {
        const bool inside = y >= 1 && y < 3 && x >= 4 && x < 7;
        const int64_t from = inside ? (i + 3) % 4 : i;
        for (int64_t c = 0; c < 3; ++c)
          EXPECT_EQ(batch.input[i][c][y][x].item<float>(), kept[from][c][y][x].item<float>());
      }
    }
  }
  EXPECT_TRUE(batch.input.is_contiguous(torch::MemoryFormat::ChannelsLast));
}

TEST(MixedFeed, TheLossIsThatOfMixedLabels) {
  torch::manual_seed(3);
  for (const double smoothing : {0.0, 0.1}) {
    const ClassificationObjective objective(smoothing, 4);
    DeviceBatch batch = make_batch(6);
    mix({MixingDraw::Kind::kBlend, 1, 0.35}, batch);
    const torch::Tensor logits = torch::randn({6, 4}).requires_grad_();
    const torch::Tensor same = logits.detach().clone().requires_grad_();
    const auto sums = objective.sums(logits, batch);
    const auto weights = objective.weights(batch);
    torch::Tensor loss = torch::zeros({});
    for (size_t i = 0; i < sums.size(); ++i)
      loss = loss + objective.terms()[i].factor * mean_of(sums[i], weights[i]);
    const torch::Tensor labels =
        0.35 * F::one_hot(batch.target, 4) + 0.65 * F::one_hot(batch.partner_target, 4);
    const torch::Tensor expected =
        soft_cross_entropy(same, (1.0 - smoothing) * labels + smoothing / 4.0);
    loss.backward();
    expected.backward();
    EXPECT_NEAR(loss.item<double>(), expected.item<double>(), 1e-6);
    EXPECT_TRUE(torch::allclose(logits.grad(), same.grad(), 1e-5, 1e-7));
  }
}

class CountingFeed : public BatchFeed {
 public:
  uint64_t batches_from(uint64_t, uint64_t position) const override { return 4 - position / 5; }
  void start_epoch(uint64_t epoch, uint64_t position) override {
    epoch_ = epoch;
    position_ = position;
  }
  DeviceBatch next() override {
    torch::manual_seed(epoch_ * 100 + position_);
    DeviceBatch batch = make_batch(5);
    batch.position_after = position_ += 5;
    return batch;
  }

 private:
  uint64_t epoch_ = 0, position_ = 0;
};

TEST(MixedFeed, AnEpochBegunInItsMiddleGoesOnWithTheSameBatches) {
  const MixingOptions options{0.4, 1.0, 0.5, 9};
  MixedFeed whole(std::make_unique<CountingFeed>(), options);
  MixedFeed resumed(std::make_unique<CountingFeed>(), options);
  whole.start_epoch(3, 0);
  whole.next();
  whole.next();
  resumed.start_epoch(3, 10);
  for (int i = 0; i < 2; ++i) {
    const DeviceBatch a = whole.next();
    const DeviceBatch b = resumed.next();
    EXPECT_TRUE(torch::equal(a.input, b.input));
    EXPECT_TRUE(torch::equal(a.partner_target, b.partner_target));
    EXPECT_EQ(a.own_share, b.own_share);
    EXPECT_NE(a.own_share, 1.0);
  }
}

}  // namespace
}  // namespace stoker
