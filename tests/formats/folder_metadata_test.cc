// Hugging Face's imagefolder: metadata.csv and metadata.jsonl beside the images.
#include "formats/folder_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "formats/image_source.h"
#include "libdata/core/error.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FolderMetadataTest : public FolderTest {
 protected:
  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  void put_images() const {
    for (const char* name : {"a.png", "b.png", "sub/c.png"})
      put(name, "not looked at");
  }
  SourceListing list(ImageSourceOptions options = {}) const {
    return list_image_source({folder_}, options);
  }
  // "name class" of each item, in order.
  static std::vector<std::string> items_of(const SourceListing& listing) {
    std::vector<std::string> items;
    for (const SourceItem& item : listing.items)
      items.push_back(item.name + " " + listing.class_names[static_cast<size_t>(item.label)]);
    return items;
  }
  std::vector<std::string> listed(const std::string& class_from = {}) const {
    ImageSourceOptions options;
    options.class_from = class_from;
    return items_of(list(options));
  }
  // "name: reason" of each note.
  static std::vector<std::string> notes_of(const SourceListing& listing) {
    std::vector<std::string> notes;
    for (const SampleNote& note : listing.notes)
      notes.push_back(note.name + ": " + note.reason);
    return notes;
  }
  std::string failure() const {
    try {
      listed();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
};

TEST_F(FolderMetadataTest, CsvGivesTheClasses) {
  put_images();
  put("metadata.csv", "file_name,id,label\na.png,7,dog\nb.png,8,cat\nsub/c.png,9,dog\n");
  EXPECT_THAT(listed(), ElementsAre("a.png dog", "b.png cat", "sub/c.png dog"));
  EXPECT_THAT(list().class_names, ElementsAre("cat", "dog"));
}

TEST_F(FolderMetadataTest, QuotesCarriageReturnsAndByteOrderMarks) {
  put_images();
  put("metadata.csv",
      "\xef\xbb\xbf\"file_name\",\"text\",\"label\"\r\n\"a.png\",\"one, "
      "\"\"two\"\"\r\nthree\",\"dog, "
      "big\"\r\nb.png,,cat\r\n\"sub\\c.png\",x,\"dog, big\"\r\n");
  EXPECT_THAT(listed(), ElementsAre("a.png dog, big", "b.png cat", "sub/c.png dog, big"));
  fs::remove(folder_ / "metadata.csv");
  put("metadata.jsonl",
      "\xef\xbb\xbf{\"file_name\": \"a.png\", \"label\": \"x\"}\r\n"
      "{\"file_name\": \"./b.png\", \"label\": \"y\"}\r\n"
      "{\"file_name\": \"sub/c.png\", \"label\": \"x\"}\r\n");
  EXPECT_THAT(listed(), ElementsAre("a.png x", "b.png y", "sub/c.png x"));
}

TEST_F(FolderMetadataTest, JsonLinesGiveTheClasses) {
  put_images();
  put("metadata.jsonl",
      "{\"file_name\": \"a.png\", \"label\": 10}\n\n{\"label\": 9, \"file_name\": \"b.png\"}\n"
      "{\"file_name\": \"sub/c.png\", \"label\": 10, \"text\": \"a, \\\"b\\\"\"}");
  EXPECT_THAT(listed(), ElementsAre("a.png 10", "b.png 9", "sub/c.png 10"));
  EXPECT_THAT(list().class_names, ElementsAre("9", "10"));
}

TEST_F(FolderMetadataTest, TheFirstLineNeedNotHaveALabel) {
  put_images();
  put("metadata.jsonl",
      "{\"file_name\": \"a.png\"}\n{\"file_name\": \"b.png\", \"label\": \"cat\"}\n"
      "{\"file_name\": \"sub/c.png\", \"label\": null}\n");
  const SourceListing listing = list();
  EXPECT_THAT(items_of(listing), ElementsAre("b.png cat"));
  EXPECT_THAT(notes_of(listing),
              Contains(HasSubstr("2 of 3 rows give no label: a.png, sub/c.png")));
}

TEST_F(FolderMetadataTest, CaptionsSayNoClasses) {
  EXPECT_FALSE(parse_metadata_csv("file_name,text\na.png,a dog\n"));
  EXPECT_FALSE(parse_metadata_csv("image,label\na.png,dog\n"));
  EXPECT_FALSE(parse_metadata_csv("of,another\nform\n"));
  EXPECT_FALSE(parse_metadata_jsonl("{\"file_name\": \"a.png\", \"text\": \"a dog\"}\n"));
  EXPECT_FALSE(parse_metadata_jsonl("\n"));
}

TEST_F(FolderMetadataTest, WhatTheUserAsksForGoesFirst) {
  put("x/a.png", "");
  put("y/b.png", "");
  put("metadata.csv", "file_name,label\nx/a.png,dog\ny/b.png,cat\n");
  EXPECT_THAT(listed(), ElementsAre("x/a.png dog", "y/b.png cat"));
  EXPECT_THAT(listed("folder"), ElementsAre("x/a.png x", "y/b.png y"));
  ImageSourceOptions options;
  options.exclude = {"metadata.csv"};
  EXPECT_THAT(items_of(list(options)), ElementsAre("x/a.png x", "y/b.png y"));
}

TEST_F(FolderMetadataTest, ListedButMissingAndThereButUnlistedAreNoted) {
  put_images();
  put("metadata.csv", "file_name,label\na.png,dog\ngone.png,wolf\nsub/c.png,dog\n");
  const SourceListing listing = list();
  EXPECT_THAT(items_of(listing), ElementsAre("a.png dog", "sub/c.png dog"));
  EXPECT_THAT(notes_of(listing), Contains("b.png: has no label in metadata.csv, left out"));
  EXPECT_THAT(notes_of(listing),
              Contains("gone.png: 1 of 3 rows name no image of the source: gone.png"));
  EXPECT_THAT(notes_of(listing), Contains("wolf: this class has no images"));
}

// "c.png" is not "sub/c.png", "a.PNG" not "a.png", "b" not "b.png": no label by likeness.
TEST_F(FolderMetadataTest, NamesAreMeantToTheLetter) {
  put_images();
  put("metadata.csv", "file_name,label\nc.png,dog\na.PNG,dog\nb,dog\n");
  EXPECT_THAT(failure(),
              AllOf(HasSubstr("no row names an image"), HasSubstr("--class-from folder")));
  put("c.png", "another");
  put("a.PNG", "another");
  EXPECT_THAT(listed(), ElementsAre("a.PNG dog", "c.png dog"));
}

TEST_F(FolderMetadataTest, DuplicatesMayNotContradict) {
  put_images();
  put("metadata.csv", "file_name,label\na.png,dog\na.png,dog\nb.png,cat\nsub/c.png,cat\n");
  EXPECT_THAT(listed(), ElementsAre("a.png dog", "b.png cat", "sub/c.png cat"));
  put("metadata.csv", "file_name,label\na.png,dog\nb.png,cat\n./a.png,cat\n");
  EXPECT_THAT(failure(), AllOf(HasSubstr("line 4"), HasSubstr("a.png is cat here and dog before")));
}

TEST_F(FolderMetadataTest, ATableInTheOneFolderThatHoldsAll) {
  put("images/a.png", "");
  put("images/sub/b.png", "");
  put("images/metadata.csv", "file_name,label\na.png,dog\nsub/b.png,cat\n");
  EXPECT_THAT(listed(), ElementsAre("images/a.png dog", "images/sub/b.png cat"));
  put("more/c.png", "");
  EXPECT_THAT(failure(), AllOf(HasSubstr("'more/c.png' is not in its folder"),
                               HasSubstr("--class-from folder")));
}

TEST_F(FolderMetadataTest, SeveralTablesAreRefused) {
  put_images();
  put("metadata.csv", "file_name,label\na.png,dog\n");
  put("metadata.jsonl", "{\"file_name\": \"a.png\", \"text\": \"a caption\"}\n");
  EXPECT_THAT(listed(), ElementsAre("a.png dog"));
  put("metadata.jsonl", "{\"file_name\": \"a.png\", \"label\": \"cat\"}\n");
  EXPECT_THAT(failure(), HasSubstr("'metadata.csv' and 'metadata.jsonl' both say classes"));
  fs::remove(folder_ / "metadata.jsonl");
  put("sub/metadata.csv", "file_name,label\nc.png,dog\n");
  EXPECT_THAT(failure(), HasSubstr("'metadata.csv' and 'sub/metadata.csv' both say classes"));
}

TEST_F(FolderMetadataTest, ATableOverSplitsIsRefused) {
  put("images/train/a.png", "");
  put("images/test/b.png", "");
  put("metadata.csv", "file_name,label\nimages/train/a.png,dog\nimages/test/b.png,cat\n");
  EXPECT_THAT(failure(), AllOf(HasSubstr("several splits"), HasSubstr("test"), HasSubstr("train"),
                               HasSubstr("--class-from")));
}

TEST_F(FolderMetadataTest, ATarOfTheFolderListsAlike) {
  put_images();
  put("metadata.csv", "file_name,label\na.png,10\nb.png,9\nsub/c.png,10\n");
  const fs::path tar = folder_.parent_path() / (folder_.filename().string() + ".tar");
  const std::string command =
      "tar -C '" + folder_.string() + "' -cf '" + tar.string() + "' a.png b.png sub metadata.csv";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const SourceListing listing = list_image_source({tar}, {});
  fs::remove(tar);
  EXPECT_THAT(items_of(listing), ElementsAre("a.png 10", "b.png 9", "sub/c.png 10"));
  EXPECT_THAT(listing.class_names, ElementsAre("9", "10"));
}

TEST_F(FolderMetadataTest, JoinedFoldersNumberTheirClassesAsOneTableDoes) {
  put("one/a.png", "");
  put("two/b.png", "");
  put("one/metadata.csv", "file_name,label\na.png,10\n");
  put("two/metadata.csv", "file_name,label\nb.png,9\n");
  const SourceListing listing = list_image_source({folder_ / "one", folder_ / "two"}, {});
  EXPECT_THAT(listing.class_names, ElementsAre("9", "10"));
  EXPECT_THAT(items_of(listing), ElementsAre("a.png 10", "b.png 9"));
}

TEST_F(FolderMetadataTest, OneTableForSeveralFoldersNumbersAsForOne) {
  put("one/a.png", "");
  put("two/b.png", "");
  put("labels.csv", "image,label\na,10\nb,9\n");
  ImageSourceOptions options;
  options.class_from = (folder_ / "labels.csv").string();
  const SourceListing listing = list_image_source({folder_ / "one", folder_ / "two"}, options);
  EXPECT_THAT(listing.class_names, ElementsAre("9", "10"));
  EXPECT_THAT(items_of(listing), ElementsAre("a.png 10", "b.png 9"));
}

TEST_F(FolderMetadataTest, FaultsNameFileAndLine) {
  put_images();
  put("metadata.jsonl", "{\"file_name\": \"a.png\", \"label\": 1}\n{\"file_name\": \"b.png\",\n");
  EXPECT_THAT(failure(), AllOf(HasSubstr("metadata.jsonl"), HasSubstr("line 2")));
  put("metadata.jsonl", "{\"file_name\": \"a.png\", \"label\": 1}\n{\"label\": 1}\n");
  EXPECT_THAT(failure(), HasSubstr("has no file_name"));
  put("metadata.jsonl", "{\"file_name\": \"a.png\", \"label\": [1]}\n");
  EXPECT_THAT(failure(), HasSubstr("a text or a whole number"));
  put("metadata.jsonl", "{\"file_name\": \"a.png\", \"label\": 1.5}\n");
  EXPECT_THAT(failure(), HasSubstr("a text or a whole number"));
  fs::remove(folder_ / "metadata.jsonl");
  put("metadata.csv", "file_name,label\na.png\nb.png,x\n");
  EXPECT_THAT(failure(), AllOf(HasSubstr("metadata.csv"), HasSubstr("line 2")));
  put("metadata.csv", "file_name,label\n,x\n");
  EXPECT_THAT(failure(), AllOf(HasSubstr("line 2"), HasSubstr("has no file_name")));
}

}  // namespace
}  // namespace stoker
