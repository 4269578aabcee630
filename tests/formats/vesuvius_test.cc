#include "formats/vesuvius.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/tiff_volume.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(NameOrder, ComparesNumbersAsNumbers) {
  EXPECT_TRUE(number_aware_less("slice_9.tif", "slice_10.tif"));
  EXPECT_FALSE(number_aware_less("slice_10.tif", "slice_9.tif"));
  EXPECT_TRUE(number_aware_less("0009.tif", "0010.tif"));
  EXPECT_TRUE(number_aware_less("a.tif", "b.tif"));
  EXPECT_TRUE(number_aware_less("a", "a1"));
  EXPECT_TRUE(number_aware_less("01", "1"));
  EXPECT_FALSE(number_aware_less("1", "01"));
  EXPECT_FALSE(number_aware_less("7", "7"));
}

class VesuviusTest : public FolderTest {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "train_images");
    fs::create_directories(folder_ / "train_labels");
    write("train.csv", "id,scroll_id\n4293224556,34117\n11,26002\n");
  }
  void write(const std::string& name, std::string_view text) {
    fs::create_directories((folder_ / name).parent_path());
    write_file_atomically(folder_ / name, text);
  }
};

TEST_F(VesuviusTest, JoinsTableImagesAndLabels) {
  write("train_images/4293224556.tif", "12345");
  write("train_labels/4293224556.tif", "123");
  write("train_images/11.tif", "1");
  write("train_labels/11.tif", "");
  const VolumeListing listing = list_vesuvius(folder_);
  ASSERT_EQ(listing.items.size(), 2u);
  EXPECT_EQ(listing.items[0].id, "4293224556");
  EXPECT_EQ(listing.items[0].scroll, 34117);
  EXPECT_EQ(listing.items[0].image_bytes, 5u);
  EXPECT_EQ(listing.items[0].label_bytes, 3u);
  EXPECT_EQ(listing.items[1].label, folder_ / "train_labels/11.tif");
  EXPECT_TRUE(listing.notes.empty());
}

TEST_F(VesuviusTest, NotesListedIdsWithoutFilesAndFilesNotListed) {
  write("train_images/11.tif", "1");
  write("train_labels/11.tif", "1");
  write("train_images/12.tif", "1");
  const VolumeListing listing = list_vesuvius(folder_);
  ASSERT_EQ(listing.items.size(), 1u);
  ASSERT_EQ(listing.notes.size(), 2u);
  EXPECT_EQ(listing.notes[0].name, "4293224556");
  EXPECT_EQ(listing.notes[0].reason, "listed, but has no files");
  EXPECT_EQ(listing.notes[1].name, "12");
  EXPECT_EQ(listing.notes[1].file, "train_images/12.tif");
}

TEST_F(VesuviusTest, KeepsVolumesWithoutLabel) {
  write("train_images/11.tif", "1");
  const VolumeListing listing = list_vesuvius(folder_);
  ASSERT_EQ(listing.items.size(), 1u);
  EXPECT_TRUE(listing.items[0].label.empty());
}

TEST_F(VesuviusTest, FolderOfSlicesIsAVolume) {
  write("train_images/11/slice_9.tif", "12");
  write("train_images/11/slice_10.TIFF", "345");
  write("train_images/11/notes.txt", "not a slice");
  const VolumeListing listing = list_vesuvius(folder_);
  ASSERT_EQ(listing.items.size(), 1u);
  EXPECT_EQ(listing.items[0].image_bytes, 5u);
  EXPECT_THAT(list_slices(listing.items[0].image).files,
              ElementsAre(folder_ / "train_images/11/slice_9.tif",
                          folder_ / "train_images/11/slice_10.TIFF"));
}

TEST_F(VesuviusTest, RefusesAVolumeStoredTwice) {
  write("train_images/11/1.tif", "1");
  write("train_images/11.tif", "1");
  EXPECT_THROW(list_vesuvius(folder_), Error);
}

TEST_F(VesuviusTest, MissingTableOrFolderIsNotFound) {
  const auto code_of = [&] {
    try {
      list_vesuvius(folder_);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  fs::remove(folder_ / "train_labels");
  EXPECT_EQ(code_of(), ErrorCode::kNotFound);
  fs::create_directories(folder_ / "train_labels");
  fs::remove_all(folder_ / "train_images");
  EXPECT_EQ(code_of(), ErrorCode::kNotFound);
  fs::remove_all(folder_);
  EXPECT_EQ(code_of(), ErrorCode::kNotFound);
}

TEST_F(VesuviusTest, WithoutItsTableSaysThatScrollsAreNotKnown) {
  write("train_images/11.tif", "1");
  write("train_labels/11.tif", "1");
  fs::remove(folder_ / "train.csv");
  const VolumeListing listing = list_vesuvius(folder_);
  EXPECT_EQ(listing.items.at(0).scroll, -1);
  EXPECT_THAT(listing.notes.at(0).reason, HasSubstr("no train.csv"));
}

TEST_F(VesuviusTest, MayHaveNoLabelsWhereTheTableIsThatOfTheTestSet) {
  fs::remove_all(folder_);
  write("test.csv", "id,scroll_id\n5,26002\n");
  write("test_images/5.tif", "1");
  const VolumeListing listing = list_vesuvius(folder_);
  ASSERT_EQ(listing.items.size(), 1u);
  EXPECT_EQ(listing.items[0].scroll, 26002);
  EXPECT_FALSE(listing.has_labels);
  write("test_labels/5.tif", "1");
  EXPECT_TRUE(list_vesuvius(folder_).has_labels);
}

TEST_F(VesuviusTest, TakesTheSetThatIsNamed) {
  write("train_images/11.tif", "1");
  write("train_labels/11.tif", "1");
  write("test.csv", "id,scroll_id\n5,26002\n");
  write("test_images/5.tif", "1");
  EXPECT_EQ(list_vesuvius(folder_).items.at(0).id, "11");
  EXPECT_EQ(list_vesuvius(folder_, {true, "test"}).items.at(0).id, "5");
}

TEST_F(VesuviusTest, LabelsAreLeftOutWhereNoneAreWanted) {
  write("train_images/11.tif", "1");
  fs::remove(folder_ / "train_labels");
  const VolumeListing listing = list_vesuvius(folder_, {false, ""});
  ASSERT_EQ(listing.items.size(), 1u);
  EXPECT_FALSE(listing.has_labels);
  EXPECT_EQ(listing.items[0].scroll, 26002);
}

TEST_F(VesuviusTest, WithoutATableTakesTheUsualFoldersAndTheFolderItself) {
  fs::remove_all(folder_);
  write("Images/b.tif", "1");
  write("Images/a10.tif", "1");
  write("Images/a9.tif", "1");
  write("masks/b.tif", "1");
  const VolumeListing listing = list_vesuvius(folder_);
  ASSERT_EQ(listing.items.size(), 3u);
  EXPECT_EQ(listing.items[0].id, "a9");
  EXPECT_EQ(listing.items[1].id, "a10");
  EXPECT_EQ(listing.items[2].label, folder_ / "masks/b.tif");
  EXPECT_EQ(listing.items[2].scroll, -1);
  EXPECT_EQ(list_vesuvius(folder_ / "Images", {false, ""}).items.size(), 3u);
}

TEST_F(VesuviusTest, ChannelNumbersOfNnUNetAreNoPartOfTheId) {
  fs::remove_all(folder_);
  write("imagesTr/case_7_0000.tif", "1");
  write("labelsTr/case_7.tif", "1");
  const VolumeListing listing = list_vesuvius(folder_);
  ASSERT_EQ(listing.items.size(), 1u);
  EXPECT_EQ(listing.items[0].id, "case_7");
  EXPECT_EQ(listing.items[0].label, folder_ / "labelsTr/case_7.tif");
}

TEST_F(VesuviusTest, HintsAtLeadingZerosThatWereLost) {
  write("train.csv", "id,scroll_id\n12,34117\n0034,34117\n5,34117\n");
  write("train_images/0012.tif", "1");
  write("train_images/34.tif", "1");
  write("train_images/5.tif", "1");
  const VolumeListing listing = list_vesuvius(folder_);
  ASSERT_EQ(listing.items.size(), 1u);
  ASSERT_EQ(listing.notes.size(), 4u);
  EXPECT_THAT(listing.notes[0].reason, HasSubstr("there is a file 0012: leading zeros lost?"));
  EXPECT_THAT(listing.notes[1].reason, HasSubstr("there is a file 34: leading zeros lost?"));
  EXPECT_THAT(listing.notes[2].reason, HasSubstr("the table lists 12: leading zeros lost?"));
}

TEST_F(VesuviusTest, NotesWhatIsHiddenAndFoldersOfOtherFiles) {
  write("train_images/11/1.tif", "1");
  write("train_images/11/._1.tif", "1");
  write("train_images/._11.tif", "1");
  write("train_images/@eaDir/11.tif", "1");
  write("train_images/4293224556/1.png", "1");
  const VolumeListing listing = list_vesuvius(folder_);
  ASSERT_EQ(listing.items.size(), 1u);
  std::string notes;
  for (const SampleNote& note : listing.notes)
    notes += note.name + ": " + note.reason + " (" + note.file + ")\n";
  EXPECT_THAT(notes, HasSubstr("4293224556: listed, but has no files"));
  EXPECT_THAT(notes, HasSubstr("1, such as ._1.tif (train_images/11)"));
  EXPECT_THAT(notes, HasSubstr("2, such as ._11.tif"));
  EXPECT_THAT(notes, HasSubstr("holds no TIFF, but 1 other files, such as 1.png"));
}

TEST_F(VesuviusTest, ALinkToNothingIsAVolume) {
  fs::create_symlink("nowhere.tif", folder_ / "train_images/11.tif");
  write("train_labels/11.tif", "1");
  EXPECT_EQ(list_vesuvius(folder_).items.size(), 1u);
}

TEST(TiffVolumeTest, OpensAFolderOfSlicesInNumberOrder) {
  const fs::path golden = fs::path(STOKER_SOURCE_DIR) / "tests/golden/tiff";
  const TiffVolume series = open_tiff_volume(golden / "series");
  ASSERT_EQ(series.info.size_zyx, (std::array<int64_t, 3>{5, 40, 33}));
  Bytes voxels(series.info.volume_bytes());
  decode_tiff(series, voxels);
  EXPECT_EQ(voxels, decode_tiff_u8(read_file(golden / "pillow_lzw.tif")).voxels);
}

TEST(TiffVolumeTest, ErrorsNameThePath) {
  const fs::path golden = fs::path(STOKER_SOURCE_DIR) / "tests/golden/tiff/generate.py";
  try {
    open_tiff_volume(golden);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.path(), golden.string());
  }
}

}  // namespace
}  // namespace stoker
