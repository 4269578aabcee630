#include "trainer/optim/loss_scaler.h"

#include <gtest/gtest.h>

namespace stoker {
namespace {

class LossScalerTest : public ::testing::Test {
 protected:
  void take(int steps) {
    for (int i = 0; i < steps; ++i)
      scaler_.update(torch::tensor(true));
  }
  void leave_out() { scaler_.update(torch::tensor(false)); }
  double scale() const { return scaler_.state()[0].second.item<double>(); }

  LossScaler scaler_{torch::kCPU};
};

// torch.cuda.amp.GradScaler's defaults: init_scale 65536, growth_factor 2, backoff_factor 0.5,
// growth_interval 2000.
TEST_F(LossScalerTest, GrowsAfterTwoThousandGoodSteps) {
  EXPECT_EQ(scale(), 65536.0);
  take(1999);
  EXPECT_EQ(scale(), 65536.0);
  take(1);
  EXPECT_EQ(scale(), 131072.0);
  take(2000);
  EXPECT_EQ(scale(), 262144.0);
}

TEST_F(LossScalerTest, HalvesAndCountsAnewAfterAStepLeftOut) {
  take(1500);
  leave_out();
  EXPECT_EQ(scale(), 32768.0);
  leave_out();
  EXPECT_EQ(scale(), 16384.0);
  take(1999);
  EXPECT_EQ(scale(), 16384.0);
  take(1);
  EXPECT_EQ(scale(), 32768.0);
}

TEST_F(LossScalerTest, StateIsAllThatItGoesBy) {
  take(1234);
  LossScaler other(torch::kCPU);
  for (size_t i = 0; i < scaler_.state().size(); ++i)
    other.state()[i].second.copy_(scaler_.state()[i].second);
  for (int i = 0; i < 766; ++i) {
    scaler_.update(torch::tensor(true));
    other.update(torch::tensor(true));
  }
  EXPECT_EQ(scale(), 131072.0);
  EXPECT_EQ(other.state()[0].second.item<double>(), 131072.0);
}

TEST_F(LossScalerTest, GradientsOfAScaledLossAreWhatTheyWere) {
  const torch::Tensor weights = torch::tensor({0.5f, -2.0f}, torch::requires_grad());
  scaler_.scaled(weights.pow(2).sum()).backward();
  EXPECT_TRUE(torch::equal(weights.grad() * scaler_.inverse(), torch::tensor({1.0f, -4.0f})));
}

}  // namespace
}  // namespace stoker
