#include "formats/slice_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/tiff_volume.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "tests/formats/tiff_builder.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What is said of slices with these names, which are given in order; "" where nothing is wrong.
std::string said_of(const std::vector<std::string>& names) {
  try {
    check_slice_numbers("stack", {names.begin(), names.end()});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_EQ(error.path(), "stack");
    return error.message();
  }
  return "";
}

TEST(SliceNumbers, MayStartAnywhereAndGoInSteps) {
  EXPECT_EQ(said_of({"00.tif", "01.tif", "02.tif"}), "");
  EXPECT_EQ(said_of({"998.tif", "999.tif", "1000.tif"}), "");
  EXPECT_EQ(said_of({"z_8.tif", "z_9.tif", "z_10.tif"}), "");
  EXPECT_EQ(said_of({"10.tif", "20.tif", "30.tif"}), "");
  EXPECT_EQ(said_of({"slice_1.tif", "slice_2.TIF", "slice_3.tiff"}), "");
  EXPECT_EQ(said_of({"7.tif"}), "");
  EXPECT_EQ(said_of({"a.tif", "b.tif", "d.tif"}), "");
}

TEST(SliceNumbers, NameTheGap) {
  EXPECT_THAT(said_of({"00.tif", "01.tif", "03.tif"}),
              AllOf(HasSubstr("number 2 (1 of 4"), HasSubstr("after 01.tif")));
  EXPECT_THAT(said_of({"3.tif", "5.tif"}), HasSubstr("number 4"));
  EXPECT_THAT(said_of({"10.tif", "20.tif", "40.tif"}), HasSubstr("number 30"));
  EXPECT_THAT(said_of({"s1.tif", "s2.tif", "s12.tif"}), HasSubstr("3, 4, 5, 6, 7 ... (9 of 12"));
}

TEST(SliceNumbers, NameWhatIsThereTwice) {
  EXPECT_THAT(said_of({"00.tif", "01.tif", "1.tif", "02.tif"}),
              HasSubstr("one number: 01.tif and 1.tif"));
  EXPECT_THAT(said_of({"5.tif", "5.tiff"}), HasSubstr("one number"));
}

TEST(SliceNumbers, NameWhatIsNoSliceOfTheVolume) {
  EXPECT_THAT(said_of({"00.tif", "01.tif", "02.tif", "mask.tif"}), HasSubstr("found mask.tif"));
  EXPECT_THAT(said_of({"00.tif", "01 (1).tif", "01.tif", "02.tif"}),
              HasSubstr("found 01 (1).tif beside 00.tif"));
  EXPECT_THAT(said_of({"Slice_10.tif", "slice_2.tif", "slice_3.tif"}),
              HasSubstr("found Slice_10.tif"));
}

TEST(SliceNumbers, OneOfSeveralMayCount) {
  EXPECT_EQ(said_of({"s_1_of_3.tif", "s_2_of_3.tif", "s_3_of_3.tif"}), "");
  EXPECT_EQ(said_of({"t1201_z1.tif", "t1209_z2.tif", "t1300_z3.tif"}), "");
  EXPECT_THAT(said_of({"t1201_z1.tif", "t1209_z2.tif", "t1300_z4.tif"}), HasSubstr("number 3"));
  EXPECT_THAT(said_of({"t1_z2.tif", "t2_z1.tif", "t3_z3.tif"}), HasSubstr("two orders"));
  EXPECT_THAT(said_of({"c0_z0.tif", "c0_z1.tif", "c1_z0.tif", "c1_z1.tif"}),
              HasSubstr("several channels"));
}

class SliceFolder : public FolderTest {
 protected:
  void write(const std::string& name, ByteSpan bytes) const {
    write_file_atomically(folder_ / name, bytes);
  }
  static Bytes slice(uint8_t value) {
    return testing::stack_of<uint8_t>(1, 2, 2, {value, value, value, value});
  }
};

TEST_F(SliceFolder, HiddenFilesAreLeftOutAndTold) {
  write("1.tif", slice(1));
  write("2.tif", slice(2));
  write("._1.tif", as_bytes("junk"));
  write("Thumbs.db", as_bytes("junk"));
  write("readme.txt", as_bytes("text"));
  const SliceSeries series = list_slices(folder_);
  EXPECT_THAT(series.files, ElementsAre(folder_ / "1.tif", folder_ / "2.tif"));
  EXPECT_THAT(series.left_out, ElementsAre("._1.tif"));
  EXPECT_EQ(series.others, 1u);
  const TiffVolume volume = open_tiff_volume(folder_);
  Bytes voxels(volume.info.volume_bytes());
  decode_tiff(volume, voxels);
  EXPECT_EQ(voxels, (Bytes{1, 1, 1, 1, 2, 2, 2, 2}));
}

TEST_F(SliceFolder, ABadSliceIsNamedByItsFile) {
  write("1.tif", slice(1));
  write("2.tif", as_bytes("not a TIFF at all"));
  write("3.tif", slice(3));
  try {
    open_tiff_volume(folder_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.path(), (folder_ / "2.tif").string());
  }
}

TEST_F(SliceFolder, ALinkToNothingIsASlice) {
  write("1.tif", slice(1));
  fs::create_symlink("nowhere.tif", folder_ / "2.tif");
  EXPECT_EQ(list_slices(folder_).files.size(), 2u);
  try {
    open_tiff_volume(folder_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_EQ(error.path(), (folder_ / "2.tif").string());
  }
}

}  // namespace
}  // namespace stoker
