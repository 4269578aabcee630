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

std::string refusal_of(std::string_view table) {
  try {
    parse_scroll_table(table);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    return error.what();
  }
  return "nothing was thrown";
}

TEST(ScrollTable, KeepsIdsPast32Bits) {
  const auto lines = parse_scroll_table("id,scroll_id\n4293224556,34117\n17,26002\n");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].id, "4293224556");
  EXPECT_EQ(lines[0].scroll, 34117);
  EXPECT_EQ(lines[1].id, "17");
}

TEST(ScrollTable, TakesWindowsLineEndsAByteOrderMarkAndNoLastLineEnd) {
  const auto lines = parse_scroll_table("\xef\xbb\xbfid,scroll_id\r\n1,2\r\n\r\n3,4");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1].id, "3");
  EXPECT_EQ(lines[1].scroll, 4);
}

TEST(ScrollTable, RefusesAnotherHeader) {
  EXPECT_THAT(refusal_of("scroll_id,id\n1,2\n"), HasSubstr("found 'scroll_id,id'"));
  EXPECT_THAT(refusal_of("1,2\n"), HasSubstr("expected the header 'id,scroll_id'"));
  EXPECT_THAT(refusal_of(""), HasSubstr("an empty file"));
}

TEST(ScrollTable, RefusesLinesThatAreNotTwoNumbers) {
  EXPECT_THAT(refusal_of("id,scroll_id\n12\n"), HasSubstr("found '12'"));
  EXPECT_THAT(refusal_of("id,scroll_id\nx,2\n"), HasSubstr("an id in digits, found 'x'"));
  EXPECT_THAT(refusal_of("id,scroll_id\n../1,2\n"), HasSubstr("found '../1'"));
  EXPECT_THAT(refusal_of("id,scroll_id\n-1,2\n"), HasSubstr("found '-1'"));
  EXPECT_THAT(refusal_of("id,scroll_id\n1,2,3\n"), HasSubstr("found '2,3'"));
  EXPECT_THAT(refusal_of("id,scroll_id\n99999999999999999999,2\n"), HasSubstr("an id in digits"));
}

TEST(ScrollTable, RefusesAnIdTwiceAndSaysWhere) {
  EXPECT_THAT(refusal_of("id,scroll_id\n1,2\n1,2\n"), HasSubstr("byte 17: id 1 is listed twice"));
}

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
  EXPECT_THAT(list_tiff_series(listing.items[0].image),
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
  fs::remove(folder_ / "train.csv");
  EXPECT_EQ(code_of(), ErrorCode::kNotFound);
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
