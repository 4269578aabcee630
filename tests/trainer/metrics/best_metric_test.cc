#include "trainer/metrics/best_metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "libdata/core/error.h"

namespace stoker {
namespace {

const std::vector<BestMetric> kOffered{{"val_top1"}, {"val_macro_auc"}, {"val_loss", true}};

TEST(BestMetric, IsFoundByItsNamesAndIsTheFirstOtherwise) {
  for (const char* name : {"val_macro_auc", "macro_auc", "auc"})
    EXPECT_EQ(find_best_metric(kOffered, name).name, "val_macro_auc") << name;
  EXPECT_EQ(find_best_metric(kOffered, "").name, "val_top1");
  EXPECT_TRUE(find_best_metric(kOffered, "loss").less_is_better);
}

TEST(BestMetric, AnotherNameIsRefusedWithThoseThereAre) {
  for (const char* name : {"accuracy", "au", "val_", "VAL_TOP1", "train_loss"}) {
    try {
      find_best_metric(kOffered, name);
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      EXPECT_THAT(error.what(), ::testing::HasSubstr("gives top1, macro_auc, loss, not"));
    }
  }
}

TEST(BestMetric, ALossIsBetterWhereItIsLess) {
  const BestMetric loss{"val_loss", true};
  EXPECT_TRUE(loss.is_better(0.1, 0.2));
  EXPECT_FALSE(loss.is_better(0.2, 0.2));
  EXPECT_TRUE(loss.reaches(0.5, 0.5));
  EXPECT_FALSE(loss.reaches(0.6, 0.5));
  const BestMetric top1{"val_top1"};
  EXPECT_TRUE(top1.is_better(0.2, 0.1));
  EXPECT_FALSE(top1.reaches(0.4, 0.5));
}

}  // namespace
}  // namespace stoker
