// Hugging Face's imagefolder: metadata.csv and metadata.jsonl beside the images.
#include "formats/folder_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "formats/image_source.h"
#include "libdata/core/error.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FolderMetadataTest : public FolderTest {
 protected:
  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  void put_images() const {
    for (const char* name : {"a.png", "b.png", "sub/c.png"})
      put(name, "not looked at");
  }
  // "name class" of each item, in order.
  std::vector<std::string> listed(const std::string& class_from = {}) const {
    ImageSourceOptions options;
    options.class_from = class_from;
    const SourceListing listing = list_image_source({folder_}, options);
    std::vector<std::string> items;
    for (const SourceItem& item : listing.items)
      items.push_back(item.name + " " + listing.class_names[static_cast<size_t>(item.label)]);
    return items;
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
}

TEST_F(FolderMetadataTest, JsonLinesGiveTheClasses) {
  put_images();
  put("metadata.jsonl",
      "{\"file_name\": \"a.png\", \"label\": 10}\n\n{\"label\": 9, \"file_name\": \"b.png\"}\n"
      "{\"file_name\": \"sub/c.png\", \"label\": 10, \"text\": \"a, \\\"b\\\"\"}");
  EXPECT_THAT(listed(), ElementsAre("a.png 10", "b.png 9", "sub/c.png 10"));
  EXPECT_THAT(parse_metadata_jsonl("{\"file_name\": \"a\", \"label\": 10}\n"
                                   "{\"file_name\": \"b\", \"label\": 9}")
                  ->class_names,
              ElementsAre("9", "10"));
}

TEST_F(FolderMetadataTest, CaptionsSayNoClasses) {
  EXPECT_FALSE(parse_metadata_csv("file_name,text\na.png,a dog\n"));
  EXPECT_FALSE(parse_metadata_csv("image,label\na.png,dog\n"));
  EXPECT_FALSE(parse_metadata_jsonl("{\"file_name\": \"a.png\", \"text\": \"a dog\"}\n"));
  EXPECT_FALSE(parse_metadata_jsonl("\n"));
}

TEST_F(FolderMetadataTest, WhatTheUserAsksForGoesFirst) {
  put("x/a.png", "");
  put("y/b.png", "");
  put("metadata.csv", "file_name,label\nx/a.png,dog\ny/b.png,cat\n");
  EXPECT_THAT(listed(), ElementsAre("x/a.png dog", "y/b.png cat"));
  EXPECT_THAT(listed("folder"), ElementsAre("x/a.png x", "y/b.png y"));
}

TEST_F(FolderMetadataTest, FaultsNameFileAndLine) {
  put_images();
  put("metadata.jsonl", "{\"file_name\": \"a.png\", \"label\": 1}\n{\"file_name\": \"b.png\",\n");
  EXPECT_THAT(failure(), AllOf(HasSubstr("metadata.jsonl"), HasSubstr("line 2")));
  put("metadata.jsonl", "{\"file_name\": \"a.png\", \"label\": 1}\n{\"label\": 1}\n");
  EXPECT_THAT(failure(), HasSubstr("has no file_name"));
  put("metadata.jsonl", "{\"file_name\": \"a.png\", \"label\": [1]}\n");
  EXPECT_THAT(failure(), HasSubstr("a text or a whole number"));
}

}  // namespace
}  // namespace stoker
