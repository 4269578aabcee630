// How `folder` and `webdataset` tell tars apart: the rule of webdataset_detect.h, case by case.
#include "formats/webdataset/webdataset_detect.h"

#include <gtest/gtest.h>

#include "formats/format_table.h"
#include "tests/formats/tar_builder.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
using testing::TarFiles;

class WebDatasetDetect : public FolderTest {
 protected:
  std::string format_of(const TarFiles& files, const std::string& name = "x.tar") const {
    write_file_atomically(folder_ / name, testing::tar_of(files));
    return std::string(detect_format({folder_ / name}).name);
  }
};

TEST_F(WebDatasetDetect, MembersOfOneKeyInOneFolderAreSamples) {
  EXPECT_EQ(format_of({{"0.jpg", "x"}, {"0.cls", "1"}}), "webdataset");
  EXPECT_EQ(format_of({{"0.jpg", "x"}, {"0.txt", "a cat"}}), "webdataset");
  EXPECT_EQ(format_of({{"shard/0.jpg", "x"}, {"shard/0.json", "{}"}}), "webdataset");
  EXPECT_EQ(format_of({{"0.input.png", "x"}, {"0.target.png", "x"}}), "webdataset");
  EXPECT_EQ(format_of({{"a.npy", ""}, {"a.cls", "0"}, {"b.npy", ""}, {"b.cls", "0"}}),
            "webdataset");
}

TEST_F(WebDatasetDetect, ClassMembersCountInAnyFolders) {
  EXPECT_EQ(
      format_of({{"cat/0.jpg", "x"}, {"cat/0.cls", "0"}, {"dog/0.jpg", "x"}, {"dog/0.cls", "1"}}),
      "webdataset");
}

TEST_F(WebDatasetDetect, ClassFoldersStayClassFolders) {
  EXPECT_EQ(format_of({{"cat/0.jpg", "x"}, {"dog/0.jpg", "x"}}), "folder");
  // Notes beside the images of a class folder.
  EXPECT_EQ(
      format_of(
          {{"cat/0.jpg", "x"}, {"cat/0.json", "{}"}, {"dog/0.jpg", "x"}, {"dog/0.json", "{}"}}),
      "folder");
  EXPECT_EQ(format_of({{"n01440764_1.JPEG", "x"}, {"n01440764_2.JPEG", "x"}}), "folder");
}

TEST_F(WebDatasetDetect, NumbersBehindADotAreNoExtension) {
  EXPECT_EQ(format_of({{"img.0001.jpg", "x"}, {"img.0002.jpg", "x"}}), "folder");
}

TEST_F(WebDatasetDetect, TarsInsideAreClassTars) {
  EXPECT_EQ(format_of({{"cat.tar", ""}, {"cat.cls", "0"}, {"dog.tar", ""}}), "folder");
}

TEST_F(WebDatasetDetect, HiddenFilesDoNotCount) {
  EXPECT_EQ(format_of({{"0.jpg", "x"}, {"._0.jpg", "x"}, {"1.jpg", "x"}}), "folder");
}

TEST_F(WebDatasetDetect, FoldersGoByTheirFirstShard) {
  std::filesystem::create_directories(folder_ / "set/train");
  write_file_atomically(folder_ / "set/train/000000.tar",
                        testing::tar_of({{"0.jpg", "x"}, {"0.cls", "1"}}));
  EXPECT_EQ(detect_format({folder_ / "set"}).name, "webdataset");
  EXPECT_EQ(detect_format({folder_ / "set/train"}).name, "webdataset");
  std::filesystem::create_directories(folder_ / "classes");
  write_file_atomically(folder_ / "classes/cat.tar", testing::tar_of({{"0.jpg", "x"}}));
  EXPECT_EQ(detect_format({folder_ / "classes"}).name, "folder");
}

}  // namespace
}  // namespace stoker
