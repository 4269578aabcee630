// inspect-dataset as users call it.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "libdata/core/files.h"
#include "libdata/image/image_codec.h"
#include "tests/cli/command.h"
#include "tests/cli/small_dataset.h"

namespace stoker {
namespace {
using ::testing::HasSubstr;

class InspectDataset : public testing::CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    testing::write_small_dataset(folder_ / "d");
  }
};

TEST_F(InspectDataset, SaysWhatTheDataSetHolds) {
  const auto result = run("inspect-dataset d");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("packed by test 1"));
  EXPECT_THAT(result.out, HasSubstr("source birds.tar (2.00 KiB)"));
  EXPECT_THAT(result.out, HasSubstr("field image: uint8 blob HWC"));
  EXPECT_THAT(result.out, HasSubstr("split train: 8 samples in 2 shards"));
  EXPECT_THAT(result.out, HasSubstr("H: 6 to 6, 6.0 on average"));
  EXPECT_THAT(result.out, HasSubstr("codecs: png 8 (100.0 %)"));
  EXPECT_THAT(result.out, HasSubstr("classes: 2 with 4 to 4 samples"));
}

TEST_F(InspectDataset, ShowsOneSample) {
  const auto result = run("inspect-dataset d --sample 5");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("sample 5 of train: 'bird/1_1', number 1 in "
                                    "train-00001-of-00002.stk"));
  EXPECT_THAT(result.out, HasSubstr("image: 6x4x3 png"));
  EXPECT_THAT(result.out, HasSubstr("label = 1 (blue & green)"));
}

TEST_F(InspectDataset, JsonHoldsTheSameNumbers) {
  EXPECT_EQ(run("inspect-dataset d --sample 5 --json i.json").exit_code, 0);
  const auto json = nlohmann::json::parse(text_of(folder_ / "i.json"));
  const auto& split = json.at("splits").at(0);
  EXPECT_EQ(split.at("samples"), 8);
  EXPECT_EQ(split.at("blobs").at(0).at("extents").at("W").at("max"), 4);
  EXPECT_EQ(split.at("classes").at(1).at("samples"), 4);
  EXPECT_EQ(json.at("sample").at("name"), "bird/1_1");
  EXPECT_EQ(json.at("sample").at("fields").at("label").at(0), 1);
}

TEST_F(InspectDataset, MontageShowsTheSamplesPixels) {
  EXPECT_EQ(run("inspect-dataset d --montage m.png").exit_code, 0);
  const Image montage = decode_image(read_file(folder_ / "m.png"));
  ASSERT_EQ(montage.channels, 3);
  // The first row's tiles start 4 pixels down and 164 apart; sample i is gray 10 * i.
  for (int64_t i = 0; i < 6; ++i) {
    const int64_t at = ((4 + 2) * montage.width + 4 + 164 * i + 1) * 3;
    EXPECT_EQ(montage.pixels.at(static_cast<size_t>(at)), 10 * i);
  }
}

TEST_F(InspectDataset, UnknownSplitsAndSamplesExitWith2) {
  const auto split = run("inspect-dataset d --split nope");
  EXPECT_EQ(split.exit_code, 2);
  EXPECT_THAT(split.err, HasSubstr("the data set has: train"));
  const auto sample = run("inspect-dataset d --sample 8");
  EXPECT_EQ(sample.exit_code, 2);
  EXPECT_THAT(sample.err, HasSubstr("expected a sample below 8, found 8"));
  EXPECT_EQ(run("inspect-dataset d --bogus").exit_code, 2);
}

TEST_F(InspectDataset, WhatIsNoDataSetIsRefused) {
  EXPECT_EQ(run("inspect-dataset nowhere").exit_code, 3);
  EXPECT_EQ(run("truncate -s 100 d/train-00001-of-00002.stk && inspect-dataset d").exit_code, 1);
}

}  // namespace
}  // namespace stoker
