// The split that pack-imagenet takes where --split names none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "formats/image_source.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

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
    EXPECT_EQ(listing.splits.size(), 1u);
    return listing.splits.front();
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

TEST_F(SuggestedSplitTest, SeveralInputsSayEachTheirOwn) {
  put({"set/train/cat/0.jpg", "set/train/dog/1.jpg", "set/val/cat/0.jpg", "set/val/owl/2.jpg"});
  const SourceListing listing = list_image_source({folder_ / "set/train", folder_ / "set/val"}, {});
  EXPECT_EQ(listing.splits, (std::vector<std::string>{"train", "val"}));
  std::vector<std::string> found;
  for (const SourceItem& item : listing.items) {
    found.push_back(listing.splits[item.split] + " " + item.name + " " +
                    listing.class_names[static_cast<size_t>(item.label)]);
  }
  EXPECT_THAT(found, UnorderedElementsAre("train cat/0.jpg cat", "train dog/1.jpg dog",
                                          "val cat/0.jpg cat", "val owl/2.jpg owl"));
  // One name for all: then cat/0.jpg is there twice.
  ImageSourceOptions all_one;
  all_one.split = "all";
  EXPECT_THROW(list_image_source({folder_ / "set/train", folder_ / "set/val"}, all_one), Error);
}

TEST_F(SuggestedSplitTest, InputsThatSayNothingAreTrainingData) {
  put_classes("set/train");
  put({"more/cat/2.jpg", "more/dog/3.jpg"});
  const SourceListing listing = list_image_source({folder_ / "set/train", folder_ / "more"}, {});
  EXPECT_EQ(listing.splits, std::vector<std::string>{"train"});
}

TEST_F(SuggestedSplitTest, OneThatSaysNothingBesideAValidationSetIsAskedAbout) {
  put_classes("set/val");
  put({"more/cat/2.jpg", "more/dog/3.jpg"});
  try {
    list_image_source({folder_ / "set/val", folder_ / "more"}, {});
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("more"), HasSubstr("each with its --split")));
  }
  ImageSourceOptions val;
  val.split = "val";
  EXPECT_EQ(list_image_source({folder_ / "set/val", folder_ / "more"}, val).items.size(), 4u);
}

}  // namespace
}  // namespace stoker
