// `predict` after a kill: what is kept, what is made again, and what is never replaced unasked.
#include "libdata/core/folder_lock.h"
#include "tests/trainer/predict/predict_fixture.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using testing::draw_test_volume;
using ::testing::HasSubstr;

constexpr size_t kVolumes = 4;

class PredictResume : public testing::PredictCommandTest {
 protected:
  void SetUp() override {
    PredictCommandTest::SetUp();
    write_volumes(0);
  }

  // The last volume has another voxel for another `version`.
  void write_volumes(uint8_t version) const {
    std::vector<testing::TestVolume> volumes;
    for (size_t i = 0; i < kVolumes; ++i) {
      volumes.push_back(draw_test_volume("v" + std::to_string(i), {16, 16, 20}, true));
    }
    volumes.back().image[0] = static_cast<uint8_t>(volumes.back().image[0] + version);
    testing::write_volume_dataset(folder_ / "packed", "val", volumes);
  }

  testing::CommandResult again(const std::string& more) const {
    return predict("--input packed --output masks " + more);
  }
};

TEST_F(PredictResume, RefusesMasksThatAreThereUnlessToldWhatToDo) {
  ASSERT_EQ(again("--quiet").exit_code, 0);
  const auto refused = again("--quiet");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--resume"));
  EXPECT_THAT(refused.err, HasSubstr("--force"));
  EXPECT_EQ(again("--force --quiet").exit_code, 0);
}

TEST_F(PredictResume, KeepsWholeMasksAndEndsWithTheReportOfOneRun) {
  ASSERT_EQ(again("--json whole.json --panel p.png --quiet").exit_code, 0);
  const auto made = masks("masks");
  fs::remove(folder_ / "masks/v1.tif");
  write_file_atomically(folder_ / "masks/v2.tif", std::string_view("cut short"));
  const auto resumed = again("--resume --json resumed.json --panel p.png");
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("2 volumes kept"));
  EXPECT_THAT(resumed.err, HasSubstr("1 volume segmented again: changed or damaged since"));
  EXPECT_EQ(masks("masks"), made);
  EXPECT_EQ(report("resumed.json"), report("whole.json"));
}

TEST_F(PredictResume, MasksMadeOtherwiseAreMadeAgain) {
  ASSERT_EQ(again("--quiet").exit_code, 0);
  const auto options = again("--resume --threshold 0.4");
  EXPECT_THAT(options.err, HasSubstr("4 volumes segmented again: made with other options"));
  write_network("net.safetensors", 4);
  const auto weights = again("--resume --threshold 0.4");
  EXPECT_THAT(weights.err, HasSubstr("4 volumes segmented again: made by other weights"));
  write_volumes(1);
  const auto volume = again("--resume --threshold 0.4");
  EXPECT_THAT(volume.err, HasSubstr("3 volumes kept"));
  EXPECT_THAT(volume.err, HasSubstr("1 volume segmented again: its volume has changed"));
  const auto nothing = again("--resume --threshold 0.4 --batch-size 2");
  EXPECT_THAT(nothing.err, HasSubstr("4 volumes kept"));
}

TEST_F(PredictResume, APanelThatIsGoneIsDrawnAgain) {
  ASSERT_EQ(again("--panel p.png --quiet").exit_code, 0);
  const Bytes picture = read_file(folder_ / "p.png");
  fs::remove(folder_ / "p.png");
  const auto resumed = again("--resume --panel p.png");
  EXPECT_EQ(read_file(folder_ / "p.png"), picture);
  EXPECT_THAT(resumed.err, HasSubstr("3 volumes kept"));
}

TEST_F(PredictResume, AKilledRunGoesOnAndLeavesNothingHalf) {
  ASSERT_EQ(predict("--input packed --output whole --json whole.json --quiet").exit_code, 0);
  // A slow machine is killed before its first mask, a fast one after its last; both are fine.
  for (const char* delay : {"0.3", "0.5", "0.8", "1.4"}) {
    run(std::string("timeout --signal=KILL ") + delay +
        " predict --threads 1 --device cpu --no-flips --overlap 0 --checkpoint net.safetensors "
        "--input packed --output masks --resume --quiet; true");
  }
  fs::create_directories(folder_ / "masks");
  write_file_atomically(folder_ / "masks/v3.tif.tmp", std::string_view("half"));
  ASSERT_EQ(again("--resume --json resumed.json --quiet").exit_code, 0);
  EXPECT_EQ(masks("masks"), masks("whole"));
  EXPECT_EQ(report("resumed.json"), report("whole.json"));
  EXPECT_FALSE(fs::exists(folder_ / "masks/v3.tif.tmp"));
}

TEST_F(PredictResume, ASecondRunOnTheFolderIsRefused) {
  fs::create_directories(folder_ / "masks");
  const FolderLock lock(folder_ / "masks", "another program");
  const auto refused = again("--force --quiet");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("another program"));
  EXPECT_TRUE(masks("masks").empty());
}

TEST_F(PredictResume, FilesOfOthersStay) {
  fs::create_directories(folder_ / "masks");
  write_file_atomically(folder_ / "masks/notes.txt", std::string_view("mine"));
  write_file_atomically(folder_ / "masks/other.tif", std::string_view("mine too"));
  ASSERT_EQ(again("--force --quiet").exit_code, 0);
  EXPECT_EQ(text_of(folder_ / "masks/notes.txt"), "mine");
  EXPECT_EQ(text_of(folder_ / "masks/other.tif"), "mine too");
}

}  // namespace
}  // namespace stoker
