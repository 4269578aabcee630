// The split that pack-imagenet takes where --split names none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "formats/image_source.h"
#include "libdata/core/files.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

class SuggestedSplitTest : public FolderTest {
 protected:
  void put(const std::vector<std::string>& names) const {
    for (const std::string& name : names) {
      fs::create_directories((folder_ / name).parent_path());
      std::ofstream(folder_ / name) << name;
    }
  }
  // Two classes below `folder`.
  void put_classes(const std::string& folder) const {
    put({folder + "/cat/0.jpg", folder + "/dog/1.jpg"});
  }
  fs::path tar(const std::string& name, const std::string& members) const {
    const std::string command =
        "cd '" + folder_.string() + "' && tar -cf '" + name + "' " + members;
    EXPECT_EQ(std::system(command.c_str()), 0);
    return folder_ / name;
  }
  static std::string split_of(const fs::path& input, const ImageSourceOptions& options = {}) {
    const SourceListing listing = list_image_source({input}, options);
    EXPECT_THAT(listing.items[0].name, ::testing::EndsWith("0.jpg"));
    return suggest_split(listing, input);
  }
};

TEST_F(SuggestedSplitTest, IsSaidByTheNameOfTheInput) {
  put_classes("set/val");
  put_classes("set/seg_test");
  put_classes("animals");
  EXPECT_EQ(split_of(folder_ / "set/val"), "val");
  EXPECT_EQ(split_of(folder_ / "set/val/."), "val");
  EXPECT_EQ(split_of(folder_ / "set/seg_test/"), "test");
  EXPECT_EQ(split_of(folder_ / "animals"), "train");
  EXPECT_EQ(split_of(tar("validation.tar", "-C animals .")), "val");
  EXPECT_EQ(split_of(tar("set.tar", "set") / "set/val"), "val");
}

TEST_F(SuggestedSplitTest, IsSaidByTheFolderThatWasEntered) {
  const std::vector<std::pair<std::string, std::string>> folders{
      {"val", "val"},       {"valid", "val"},           {"validation", "val"},
      {"Test", "test"},     {"test_set", "test"},       {"train", "train"},
      {"seg_test", "test"}, {"imagenette2/val", "val"}, {"test/images", "test"}};
  for (const auto& [folder, split] : folders) {
    put_classes("outer/" + folder);
    EXPECT_EQ(split_of(folder_ / "outer"), split) << folder;
    EXPECT_EQ(split_of(tar("outer.tar", "outer")), split) << folder;
    EXPECT_EQ(split_of(tar("top.tar", "-C outer .")), split) << folder;
    fs::remove_all(folder_ / "outer");
  }
}

TEST_F(SuggestedSplitTest, TheEnteredFolderKnowsBetterThanTheInput) {
  put_classes("train/v1/test");
  EXPECT_EQ(split_of(folder_ / "train"), "test");
  put_classes("valid/animals/all");
  EXPECT_EQ(split_of(folder_ / "valid"), "val") << "what was entered names no split";
}

TEST_F(SuggestedSplitTest, AnArchiveInAnArchiveIsEnteredLikewise) {
  put_classes("val");
  tar("val.tar", "-C val .");
  EXPECT_EQ(split_of(tar("outer.tar", "val.tar")), "val");
}

TEST_F(SuggestedSplitTest, TheOneFolderOfAllImagesSaysItWhereATableGivesTheClasses) {
  put({"isic/test/a0.jpg", "isic/test/b1.jpg"});
  write_file_atomically(folder_ / "labels.csv", "image,label\na0,cat\nb1,dog\n");
  ImageSourceOptions options;
  options.class_from = (folder_ / "labels.csv").string();
  EXPECT_EQ(split_of(folder_ / "isic", options), "test");
}

TEST_F(SuggestedSplitTest, AFolderTakenForAClassSaysNothing) {
  put({"set/val/0.jpg"});
  ImageSourceOptions options;
  options.class_from = "folder";
  EXPECT_EQ(split_of(folder_ / "set", options), "train");
}

TEST_F(SuggestedSplitTest, OfSeveralInputsTheFirstSaysIt) {
  put_classes("a/val");
  put({"b/test/cow/2.jpg", "b/test/hen/3.jpg"});
  const SourceListing listing = list_image_source({folder_ / "a", folder_ / "b"}, {});
  EXPECT_EQ(suggest_split(listing, folder_ / "a"), "val");
}

}  // namespace
}  // namespace stoker
