// Folders of the Hub: which files, splits and configurations; nothing of it needs Arrow.
#include "formats/arrow/hub_folder.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "formats/arrow/front_matter.h"
#include "formats/arrow/saved_dataset.h"
#include "tests/formats/source_samples.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;

class HubFolder : public FolderTest {
 protected:
  void add(const std::string& path, std::string_view text = "PAR1") const {
    fs::create_directories((folder_ / path).parent_path());
    testing::overwrite(folder_ / path, as_bytes(text));
  }
  // "train data/a.parquet", a file each.
  std::vector<std::string> found() const {
    std::vector<std::string> lines;
    for (const FoundShard& shard : find_hub_files(folder_).shards)
      lines.push_back(shard.split + " " + shard.path.lexically_relative(folder_).generic_string());
    return lines;
  }
};

TEST_F(HubFolder, NamesSaySplits) {
  EXPECT_EQ(split_of_hub_name("train-00000-of-00002.parquet"), "train");
  EXPECT_EQ(split_of_hub_name("train-00000-of-00002-0a1b2c3d.parquet"), "train");
  EXPECT_EQ(split_of_hub_name("x/validation-00000-of-00001.parquet"), "val");
  EXPECT_EQ(split_of_hub_name("imagenet-val-00000-of-00001.parquet"), "val");
  EXPECT_EQ(split_of_hub_name("unsupervised-00000-of-00001.parquet"), "unsupervised");
  EXPECT_EQ(split_of_hub_name("test.parquet"), "test");
  EXPECT_EQ(split_of_hub_name("0000.parquet"), "");
  EXPECT_EQ(split_of_hub_name("a-of-b.parquet"), "");
  EXPECT_EQ(split_of_hub_name("-of-.parquet"), "");
}

TEST_F(HubFolder, FoldersSaySplits) {
  add("train/0000.parquet");
  add("test/0000.parquet");
  add("data/validation/part.parquet");
  EXPECT_THAT(found(), ElementsAre("val data/validation/part.parquet", "test test/0000.parquet",
                                   "train train/0000.parquet"));
}

TEST_F(HubFolder, HiddenAndOtherFilesAreNone) {
  add(".cache/train/0000.parquet");
  add("data/train-00000-of-00001.parquet");
  add("data/train-00001-of-00001.parquet.tmp");
  add("metadata.parquet");
  add("notes.txt");
  EXPECT_THAT(found(), ElementsAre("train data/train-00000-of-00001.parquet"));
  EXPECT_TRUE(holds_parquet(folder_));
  add("data/1.jpg");
  EXPECT_FALSE(holds_parquet(folder_));
}

TEST_F(HubFolder, ContentIsAsked) {
  add("x.parquet", "no such thing");
  EXPECT_FALSE(holds_parquet(folder_));
}

TEST_F(HubFolder, ConfigurationsOfTheReadme) {
  add("a/x-1.parquet");
  add("a/x-2.parquet");
  add("b/deep/y.parquet");
  add("README.md",
      "---\nconfigs:\n- config_name: one\n  data_files:\n  - split: validation\n    path: a/*\n"
      "- config_name: two\n  data_files: b/**/*.parquet\n---\ntext\n");
  EXPECT_THAT(error_of([&] { find_hub_files(folder_); }),
              AllOf(HasSubstr("2 configurations, 'one', 'two'"), HasSubstr("'one' has"),
                    HasSubstr((folder_ / "a").string())));
  fs::remove_all(folder_ / "b");  // what was not fetched is no choice
  EXPECT_THAT(found(), ElementsAre("val a/x-1.parquet", "val a/x-2.parquet"));
}

TEST_F(HubFolder, WhatTheReadmeDoesNotNameIsNoted) {
  add("data/train-00000-of-00001.parquet");
  add("old/train-00000-of-00001.parquet");
  add("README.md", "---\nconfigs:\n- config_name: default\n  data_files: [\"data/*\"]\n---\n");
  const HubFiles files = find_hub_files(folder_);
  EXPECT_EQ(files.shards.size(), 1u);
  ASSERT_EQ(files.notes.size(), 1u);
  EXPECT_THAT(files.notes[0].reason, HasSubstr("names 1 of 2"));
}

TEST_F(HubFolder, ShardsAreMissedByTheirNumbers) {
  const auto missing = [&] {
    std::vector<std::string> names;
    for (const MissingShard& each : find_hub_files(folder_).missing)
      names.push_back(each.path.lexically_relative(folder_).generic_string());
    return names;
  };
  add("data/train-00000-of-00002-0a1b2c.parquet");
  add("data/test-00000-of-00001.parquet");
  EXPECT_THAT(missing(), ElementsAre("data/train-00001-of-00002-*.parquet"));
  add("data/train-00001-of-00002-9f8e7d.parquet");
  EXPECT_THAT(missing(), ElementsAre());
  for (const char* name : {"1-of-3", "2-of-3", "3-of-3"})  // some count from one
    add(std::string("data/val-") + name + ".parquet");
  EXPECT_THAT(missing(), ElementsAre());
  fs::remove(folder_ / "data/val-1-of-3.parquet");
  EXPECT_THAT(missing(), ElementsAre("data/val-1-of-3.parquet"));
  fs::remove(folder_ / "data/val-2-of-3.parquet");
  fs::remove(folder_ / "data/val-3-of-3.parquet");
  add("data/val-7-of-999999999999.parquet");
  EXPECT_EQ(missing().size(), 3u);
}

TEST_F(HubFolder, WhatTheReadmeNamesIsMissed) {
  add("data/train-00000-of-00001.parquet");
  add("README.md",
      "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: "
      "data/train-*\n  - split: test\n    path: data/test-*\n---\n");
  const auto missing = find_hub_files(folder_).missing;
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].path, folder_ / "data/test-*");
  EXPECT_THAT(missing[0].why, HasSubstr("README.md"));
}

TEST(FrontMatter, WhatCardsHave) {
  const Json card = parse_front_matter(
      "---\r\nlicense: mit # free\r\ntags: [a, 'b c', \"d\"]\nkey: 'it''s'\nlong: >\n  one\n  two\n"
      "items:\n  - x: 1\n    y:\n      z: \"q: r\"\n  - - deep\n  -\n    w: 2\nurl: "
      "a:b#c\nempty:\n---\n"
      "# Title\nx: y\n");
  EXPECT_EQ(
      card.dump(),
      R"({"license":"mit","tags":["a","b c","d"],"key":"it's","long":"one\ntwo\n",)"
      R"("items":[{"x":"1","y":{"z":"q: r"}},["deep"],{"w":"2"}],"url":"a:b#c","empty":null})");
  EXPECT_TRUE(parse_front_matter("# Title\n").is_null());
  EXPECT_TRUE(parse_front_matter("---\nopen: end\n").is_null());
}

TEST(FrontMatter, WhatIsNotReadIsAnErrorWithItsLine) {
  EXPECT_THAT(error_of([] { parse_front_matter("---\na: 1\nb: {c: 2}\n---\n"); }),
              HasSubstr("line 2"));
  EXPECT_NE(error_of([] { parse_front_matter("---\n  a: 1\nb: 2\n---\n"); }), "");
  EXPECT_NE(error_of([] { parse_front_matter("---\na: 1\n- b\n---\n"); }), "");
  std::string deep = "---\n";
  for (int i = 0; i < 100; ++i)
    deep += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  EXPECT_THAT(error_of([&] { parse_front_matter(deep + "---\n"); }), HasSubstr("too deeply"));
}

TEST(FrontMatter, EveryPrefixIsReadOrRefused) {
  const std::string whole =
      read_text_file(fs::path(STOKER_SOURCE_DIR) / "tests/golden/parquet/named/README.md");
  for (size_t size = 0; size < whole.size(); ++size)
    error_of([&] { configs_of_card(parse_front_matter(whole.substr(0, size))); });
}

TEST(SavedDataset, NothingLeadsOutOfTheFolder) {
  const TempFolder temp;
  fs::create_directories(temp.path() / "a");
  testing::overwrite(temp.path() / "a/state.json",
                     as_bytes(R"({"_data_files": [{"filename": "../x.arrow"}]})"));
  EXPECT_THAT(error_of([&] { find_saved_files(temp.path() / "a"); }),
              HasSubstr("'../x.arrow' is no name in this folder"));
}

}  // namespace
}  // namespace stoker
