// What `predict` does with data as people have it: without labels, with labels that say nothing, of
// 16 bits, with odd names, damaged.
#include <limits>

#include "tests/trainer/predict/predict_fixture.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using testing::draw_test_volume;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TestVolume;
using testing::write_volume_dataset;

class PredictCommands : public testing::PredictCommandTest {
 protected:
  std::vector<TestVolume> two_volumes(bool with_labels) const {
    return {draw_test_volume("one", {20, 24, 18}, with_labels),
            draw_test_volume("two", {16, 16, 16}, with_labels)};
  }
};

TEST_F(PredictCommands, DataSetsWithoutLabelsGiveMasksAndNoScores) {
  write_volume_dataset(folder_ / "packed", "test", two_volumes(false));
  const auto done = predict("--input packed --output masks --json report.json --quiet");
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(done.err, "");
  EXPECT_THAT(done.out, Not(HasSubstr("dice")));
  EXPECT_THAT(done.out, Not(HasSubstr("nan")));
  EXPECT_THAT(done.out, HasSubstr("2 volumes segmented"));
  // Header, then per page a directory of ten entries and the voxels.
  const auto made = masks("masks");
  EXPECT_EQ(made.at("one.tif").size(), 8u + 20 * (2 + 10 * 12 + 4 + 24 * 18));
  EXPECT_EQ(made.at("two.tif").size(), 8u + 16 * (2 + 10 * 12 + 4 + 16 * 16));
  const auto json = report("report.json");
  ASSERT_EQ(json["volumes"].size(), 2u);
  EXPECT_FALSE(json["volumes"][0].contains("dice"));
  EXPECT_FALSE(json.contains("mean"));
  EXPECT_THAT(json.dump(), Not(HasSubstr("null")));
}

TEST_F(PredictCommands, LabelsThatAreAllIgnoredCountInNoMean) {
  auto volumes = two_volumes(true);
  volumes[0].labels.assign(volumes[0].labels.size(), 2);
  write_volume_dataset(folder_ / "packed", "val", volumes);
  const auto done = predict("--input packed --output masks --json report.json --quiet");
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("nothing to score"));
  const auto json = report("report.json");
  EXPECT_FALSE(json["volumes"][0].contains("dice"));
  EXPECT_EQ(json["volumes"][0]["nothing_to_score"], true);
  EXPECT_EQ(json["mean"]["volumes"], 1);
  EXPECT_EQ(json["mean"]["dice"], json["volumes"][1]["dice"]);
}

TEST_F(PredictCommands, VoxelsOf16BitsAreThoseOf8OnTheSameScale) {
  auto volumes = two_volumes(false);
  write_volume_dataset(folder_ / "narrow", "test", volumes);
  for (TestVolume& volume : volumes)
    volume.image = testing::widened(volume.image);
  write_volume_dataset(folder_ / "wide", "test", volumes, DType::kUInt16);
  write_network("net.safetensors", 3, PatchInput::kComputedFeatures);
  ASSERT_EQ(predict("--input narrow --output a --quiet").exit_code, 0);
  const auto wide = predict("--input wide --output b --panel b.png --quiet");
  ASSERT_EQ(wide.exit_code, 0) << wide.err;
  EXPECT_EQ(masks("a"), masks("b"));
  write_network("net.safetensors", 3, PatchInput::kImage);
  EXPECT_EQ(predict("--input wide --output b --force --panel b.png --quiet").exit_code, 0);
}

TEST_F(PredictCommands, ADamagedBrickIsNamedByShardSampleFieldAndOffset) {
  write_volume_dataset(folder_ / "packed", "test", two_volumes(false));
  const uint64_t at = testing::damage_blob(folder_ / "packed", "test", 1, kImageField);
  const auto stopped = predict("--input packed --output masks --quiet");
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_THAT(stopped.err, HasSubstr("test-00000-of-00001.stk: sample 1 'two', field image"));
  // Of the one brick's start: it has 16^3 voxels of a byte.
  EXPECT_THAT(stopped.err, HasSubstr("at byte " + std::to_string(at + 1 - 16 * 16 * 16)));
  EXPECT_TRUE(fs::exists(folder_ / "masks/one.tif"));
  EXPECT_EQ(predict("--input packed --output unchecked --no-check-hashes --quiet").exit_code, 0);
}

TEST_F(PredictCommands, ADamagedVolumeIsLeftOutUnderSkipAndRecorded) {
  write_volume_dataset(folder_ / "packed", "test", two_volumes(false));
  testing::damage_blob(folder_ / "packed", "test", 0, kImageField);
  const auto skipped = predict(
      "--input packed --output masks --on-error skip --json report.json --panel panel.png --quiet");
  ASSERT_EQ(skipped.exit_code, 0) << skipped.err;
  EXPECT_THAT(skipped.out, HasSubstr("1 volume segmented, 1 volume left out"));
  EXPECT_THAT(skipped.err, HasSubstr("field image"));
  EXPECT_EQ(masks("masks").size(), 1u);
  EXPECT_TRUE(fs::exists(folder_ / "panel.png"));  // of the first volume that was segmented
  const auto json = report("report.json");
  ASSERT_EQ(json["left_out"].size(), 1u);
  EXPECT_EQ(json["left_out"][0]["name"], "one");
  EXPECT_THAT(json["left_out"][0]["reason"].get<std::string>(),
              HasSubstr("does not match its hash"));
}

TEST_F(PredictCommands, NoMaskAtAllIsNoSuccess) {
  write_volume_dataset(folder_ / "packed", "test", two_volumes(false));
  testing::damage_blob(folder_ / "packed", "test", 0, kImageField);
  testing::damage_blob(folder_ / "packed", "test", 1, kImageField);
  const auto skipped =
      predict("--input packed --output masks --on-error skip --json report.json --quiet");
  EXPECT_EQ(skipped.exit_code, 1);
  EXPECT_THAT(skipped.err, HasSubstr("2 volumes left out"));
  EXPECT_EQ(report("report.json")["left_out"].size(), 2u);
}

TEST_F(PredictCommands, NamesOfAnyBytesAreMasksAndJson) {
  auto volumes = two_volumes(false);
  volumes[0].name = "a/b\xff";
  volumes[1].name = "../c";
  write_volume_dataset(folder_ / "packed", "test", volumes);
  const auto done = predict("--input packed --output masks --json report.json --quiet");
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const auto made = masks("masks");
  EXPECT_TRUE(made.contains("a_b\xff.tif"));
  EXPECT_TRUE(made.contains("_._c.tif"));
  EXPECT_EQ(report("report.json")["volumes"][0]["name"], "a/b\\xff");
  const auto resumed = predict("--input packed --output masks --resume");
  EXPECT_THAT(resumed.err, HasSubstr("2 volumes kept"));
}

TEST_F(PredictCommands, OutputsAreTriedBeforeWork) {
  write_volume_dataset(folder_ / "packed", "test", two_volumes(false));
  for (const char* flag : {"--json", "--panel"}) {
    const auto refused =
        predict(std::string("--input packed --output masks ") + flag + " gone/file --quiet");
    EXPECT_EQ(refused.exit_code, 3) << flag;
    EXPECT_THAT(refused.err, HasSubstr("gone"));
    EXPECT_TRUE(masks("masks").empty());
    const auto folder = predict(std::string("--input packed --output masks ") + flag + " packed");
    EXPECT_EQ(folder.exit_code, 2) << flag;
  }
  EXPECT_EQ(predict("--input packed --output masks --json masks/r.json --quiet").exit_code, 0);
}

TEST_F(PredictCommands, WeightsThatAreNotFiniteAreRefused) {
  write_volume_dataset(folder_ / "packed", "test", two_volumes(false));
  SegmentationNetwork network = load_segmentation_network(folder_ / "net.safetensors");
  const torch::NoGradGuard no_grad;
  network.model->parameters().front().view(-1)[0] = std::numeric_limits<float>::quiet_NaN();
  write_tensors(folder_ / "nan.safetensors", state_dict(*network.model), network_metadata(network));
  const auto refused = predict("--checkpoint nan.safetensors --input packed --output masks");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("NaN"));
}

TEST_F(PredictCommands, SenselessOptionsAreUsageErrors) {
  write_volume_dataset(folder_ / "packed", "test", two_volumes(false));
  for (const char* options : {"--threshold nan", "--overlap nan", "--resume --force",
                              "--json a --panel a", "--split elsewhere", "--on-error perhaps"}) {
    const auto refused = predict(std::string("--input packed --output masks ") + options);
    EXPECT_EQ(refused.exit_code, 2) << options << refused.err;
  }
  EXPECT_EQ(predict("--input packed --output packed/masks").exit_code, 2);
  EXPECT_EQ(predict("--input packed --output ''").exit_code, 2);
  EXPECT_EQ(predict("--input packed --output net.safetensors").exit_code, 2);
}

}  // namespace
}  // namespace stoker
