// The rule against LibTorch itself: which batches and crops its networks take in training.
#include "trainer/models/batch_norm_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libdata/core/error.h"
#include "trainer/models/classifier.h"

namespace stoker {
namespace {

bool takes(torch::nn::AnyModule& model, int64_t batch, int64_t crop) {
  const torch::NoGradGuard no_grad;
  try {
    model.forward(torch::zeros({batch, 1, crop, crop}));
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

TEST(BatchNormRule, IsThatOfLibTorch) {
  for (const std::string name : {"resnet18", "resnet50", "densenet121"}) {
    torch::nn::AnyModule model = make_classifier(name, 1, 3);
    model.ptr()->train();
    for (const int64_t crop : {1, 12, 16, 28, 29, 32, 33, 60, 61, 64, 65}) {
      const bool fits = smallest_map_side(name, crop) > 0;
      EXPECT_EQ(takes(model, 2, crop), fits) << name << " " << crop;
      EXPECT_EQ(takes(model, 1, crop), fits && smallest_batch(name, crop) == 1)
          << name << " " << crop;
    }
  }
}

std::string refusal(const std::string& model, int64_t crop, int64_t batch, uint64_t samples) {
  TrainOptions options;
  options.model = model;
  options.data.crop = crop;
  options.data.batch_size = batch;
  try {
    check_batches(options, samples);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.what();
  }
  return "";
}

TEST(BatchNormRule, SaysTheWayOut) {
  EXPECT_EQ(refusal("resnet18", 32, 2, 100), "");
  EXPECT_EQ(refusal("resnet18", 33, 1, 100), "");
  EXPECT_THAT(refusal("resnet18", 32, 1, 100),
              ::testing::HasSubstr("--batch-size 2 or more, or --crop 33 or more"));
  EXPECT_THAT(refusal("resnet18", 32, 8, 1), ::testing::HasSubstr("Give --crop 33 or more"));
  EXPECT_THAT(refusal("densenet121", 16, 8, 100), ::testing::HasSubstr("expected 29 or more"));
}

}  // namespace
}  // namespace stoker
