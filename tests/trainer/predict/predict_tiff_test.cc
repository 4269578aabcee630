// `predict --input` on TIFFs as they lie: the masks are those of the same volumes, packed.
#include "libdata/volume/tiff_stack.h"
#include "tests/trainer/predict/predict_fixture.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using testing::draw_test_volume;
using ::testing::HasSubstr;
using testing::TestVolume;

class PredictTiff : public testing::PredictCommandTest {
 protected:
  void SetUp() override {
    PredictCommandTest::SetUp();
    volumes_ = {draw_test_volume("1", {18, 16, 20}, false),
                draw_test_volume("2", {16, 20, 16}, false)};
    testing::write_volume_dataset(folder_ / "packed", "test", volumes_);
    ASSERT_EQ(predict("--input packed --output expected --quiet").exit_code, 0);
  }

  void write_stack(const TestVolume& volume, const std::string& path) const {
    fs::create_directories((folder_ / path).parent_path());
    write_tiff_stack(folder_ / path, volume.size_zyx, volume.image);
  }

  // Slice z is slice_Z.tif, without leading zeros.
  void write_slices(const TestVolume& volume, const std::string& folder) const {
    const auto plane = static_cast<size_t>(volume.size_zyx[1] * volume.size_zyx[2]);
    fs::create_directories(folder_ / folder);
    for (int64_t z = 0; z < volume.size_zyx[0]; ++z) {
      write_tiff_stack(folder_ / folder / ("slice_" + std::to_string(z) + ".tif"),
                       {1, volume.size_zyx[1], volume.size_zyx[2]},
                       std::span(volume.image).subspan(static_cast<size_t>(z) * plane, plane));
    }
  }

  void expect_masks(const std::string& input,
                    const std::map<std::string, std::string>& expected) const {
    SCOPED_TRACE(input);
    const auto done = predict("--input " + input + " --output masks --json report.json --quiet");
    ASSERT_EQ(done.exit_code, 0) << done.err;
    EXPECT_EQ(masks("masks"), expected);
    EXPECT_FALSE(report("report.json")["volumes"][0].contains("dice"));
    fs::remove_all(folder_ / "masks");
  }

  void expect_refused(const std::string& options, int exit_code, const std::string& says) const {
    const auto refused = predict(options);
    EXPECT_EQ(refused.exit_code, exit_code) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr(says));
  }

  std::vector<TestVolume> volumes_;
};

TEST_F(PredictTiff, StacksSlicesAndTheChallengeLayoutGiveTheMasksOfThePackedSet) {
  const auto both = masks("expected");
  write_stack(volumes_[0], "stacks/1.tif");
  write_stack(volumes_[1], "stacks/2.tiff");
  expect_masks("stacks", both);
  expect_masks("stacks/1.tif", {{"1.tif", both.at("1.tif")}});
  write_slices(volumes_[0], "folders/1");
  write_slices(volumes_[1], "folders/2");
  expect_masks("folders", both);
  expect_masks("folders/2/", {{"2.tif", both.at("2.tif")}});
  write_stack(volumes_[0], "challenge/test_images/1.tif");
  write_stack(volumes_[1], "challenge/test_images/2.tif");
  write_file_atomically(folder_ / "challenge/test.csv",
                        std::string_view("id,scroll_id\n1,1\n2,1\n"));
  expect_masks("challenge", both);
  expect_masks("challenge/test_images", both);
}

TEST_F(PredictTiff, HiddenFilesAreNoVolumes) {
  write_stack(volumes_[0], "stacks/1.tif");
  write_stack(volumes_[1], "stacks/2.tif");
  write_file_atomically(folder_ / "stacks/._1.tif", std::string_view("AppleDouble"));
  fs::create_directories(folder_ / "stacks/.ipynb_checkpoints");
  write_stack(volumes_[0], "stacks/.ipynb_checkpoints/1.tif");
  expect_masks("stacks", masks("expected"));
}

TEST_F(PredictTiff, WhatCanBeReadInTwoWaysIsRefused) {
  write_stack(volumes_[0], "mixed/stack.tif");
  write_slices(volumes_[1], "mixed");
  expect_refused("--input mixed --output masks", 2, "stack.tif");
  write_stack(volumes_[0], "layout/train_images/1.tif");
  write_stack(volumes_[0], "layout/test_images/1.tif");
  expect_refused("--input layout --output masks", 2, "test_images");
  write_stack(volumes_[0], "twice/1.tif");
  write_stack(volumes_[0], "twice/1.tiff");
  expect_refused("--input twice --output masks", 1, "1.tiff");
  fs::create_directories(folder_ / "empty");
  expect_refused("--input empty --output masks", 3, "dataset.json");
  expect_refused("--input gone --output masks", 3, "gone");
  expect_refused("--input net.safetensors --output masks", 2, ".tif");
}

TEST_F(PredictTiff, ABadVolumeIsNamedByItsFileAndCanBeSkipped) {
  write_stack(volumes_[0], "stacks/1.tif");
  write_file_atomically(folder_ / "stacks/2.tif", std::string_view("no TIFF"));
  expect_refused("--input stacks --output masks", 1, "stacks/2.tif");
  const auto skipped = predict("--input stacks --output masks --on-error skip --resume --quiet");
  EXPECT_EQ(skipped.exit_code, 0) << skipped.err;
  EXPECT_THAT(skipped.out, HasSubstr("1 volume segmented, 1 volume left out"));
}

TEST_F(PredictTiff, NeverReplacesTheVolumesThemselves) {
  write_stack(volumes_[0], "stacks/1.tif");
  const std::string before = text_of(folder_ / "stacks/1.tif");
  for (const char* options :
       {"--input stacks --output stacks --force", "--input stacks --output stacks/masks",
        "--input stacks/1.tif --output stacks --force",
        "--input stacks/1.tif --output ./stacks/"}) {
    EXPECT_EQ(predict(options).exit_code, 2) << options;
  }
  EXPECT_EQ(text_of(folder_ / "stacks/1.tif"), before);
}

TEST_F(PredictTiff, ResumeSeesAChangedFile) {
  write_stack(volumes_[0], "stacks/1.tif");
  write_stack(volumes_[1], "stacks/2.tif");
  ASSERT_EQ(predict("--input stacks --output masks --quiet").exit_code, 0);
  write_stack(volumes_[0], "stacks/2.tif");
  const auto resumed = predict("--input stacks --output masks --resume");
  EXPECT_THAT(resumed.err, HasSubstr("1 volume kept"));
  EXPECT_THAT(resumed.err, HasSubstr("its volume has changed"));
}

}  // namespace
}  // namespace stoker
