#include "trainer/predict/predict_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace stoker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const VolumeReport kScored{"a", "a.tif", 10, true, SegmentationScores{0.5, 0.25, 0.75}};
const VolumeReport kOther{"b", "b.tif", 20, true, SegmentationScores{1.0, 0.75, 0.25}};
const VolumeReport kIgnored{"c", "c.tif", 30, true, std::nullopt};
const VolumeReport kUnlabelled{"d", "d.tif", 40, false, std::nullopt};

TEST(PredictReport, MeansLeaveOutWhatHasNothingToScore) {
  const auto mean = mean_scores({kScored, kIgnored, kOther, kUnlabelled});
  ASSERT_TRUE(mean);
  EXPECT_EQ(mean->volumes, 2u);
  EXPECT_EQ(mean->scores.dice, 0.75);
  EXPECT_EQ(mean->scores.surface_dice, 0.5);
  EXPECT_EQ(mean->scores.voi_score, 0.5);
  EXPECT_FALSE(mean_scores({kIgnored, kUnlabelled}));
}

TEST(PredictReport, WithoutLabelsThereAreNoScores) {
  PredictReport report;
  report.volumes = {kUnlabelled};
  const auto json = nlohmann::json::parse(encode_report(report));
  EXPECT_EQ(json["volumes"][0].size(), 3u);  // name, mask, surface_voxels
  EXPECT_FALSE(json.contains("mean"));
  EXPECT_FALSE(json.contains("split"));
  EXPECT_THAT(report_line(kUnlabelled), Not(HasSubstr("score")));
}

TEST(PredictReport, SaysWhereThereIsNothingToScore) {
  EXPECT_THAT(report_line(kIgnored), HasSubstr("nothing to score"));
  EXPECT_TRUE(encode_volume(kIgnored)["nothing_to_score"].get<bool>());
}

TEST(PredictReport, AVolumesEntryComesBackAsItWas) {
  for (const VolumeReport& volume : {kScored, kIgnored, kUnlabelled}) {
    const VolumeReport back = decode_volume(encode_volume(volume), volume.name, volume.mask_file);
    EXPECT_EQ(report_line(back), report_line(volume));
    EXPECT_EQ(encode_volume(back), encode_volume(volume));
  }
}

TEST(PredictReport, IsJsonWhateverTheNames) {
  PredictReport report;
  report.input = "in\xff";
  report.volumes = {{"v\xff", "v\xff.tif", 1, false, std::nullopt}};
  report.left_out = {{"w\xfe", "bad \xfd"}};
  const auto json = nlohmann::json::parse(encode_report(report));
  EXPECT_EQ(json["volumes"][0]["name"], "v\\xff");
  EXPECT_EQ(json["left_out"][0]["name"], "w\\xfe");
}

}  // namespace
}  // namespace stoker
