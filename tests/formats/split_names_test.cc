#include "formats/split_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stoker {
namespace {
using ::testing::ElementsAre;

TEST(SplitNamesTest, UsualSpellingsAreSplits) {
  for (const char* name : {"train", "Train", "TRAIN", "training", "seg_train", "training_set",
                           "TrainingSet", "train2017", "train_images", "ILSVRC2012_img_train",
                           "trainset", "train-images", "train_1"}) {
    EXPECT_EQ(split_named(name), "train") << name;
  }
  for (const char* name : {"val", "valid", "Validation", "VAL", "val2014", "ILSVRC2012_img_val",
                           "valid_set", "validation-data"}) {
    EXPECT_EQ(split_named(name), "val") << name;
  }
  for (const char* name : {"test", "Testing", "seg_test", "test1", "TestImages", "testset"}) {
    EXPECT_EQ(split_named(name), "test") << name;
  }
}

TEST(SplitNamesTest, ClassesThatHoldTheWordsAreNoSplits) {
  for (const char* name : {"test_tube", "training_shoes", "bullet_train", "steam train", "trainer",
                           "valley", "valve", "contest", "n01440764", "dev", "trains", "cat",
                           "Val d'Isere", "testudo", "protest", "01", "", "images"}) {
    EXPECT_EQ(split_named(name), "") << name;
  }
  EXPECT_TRUE(find_splits({"bullet_train", "test_tube", "valley", "dev"}).empty());
}

TEST(SplitNamesTest, NamesThatDifferInTheSplitAloneAreSplits) {
  EXPECT_THAT(find_splits({"cars_train", "cars_test", "meta"}),
              ElementsAre("cars_train", "cars_test"));
  EXPECT_TRUE(find_splits({"cars_train", "boats_test"}).empty());
  EXPECT_THAT(find_splits({"dev", "meta", "train"}), ElementsAre("dev", "train"));
}

}  // namespace
}  // namespace stoker
