#include "libdata/shard/joined_split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/unicode_form.h"
#include "libdata/shard/class_names.h"
#include "libdata/shard/shard_writer.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Property;
using ::testing::Throws;

// "café" as one types it, and as macOS writes it: e with acute, and e then a combining acute.
const std::string kComposed = "caf\xc3\xa9";
const std::string kDecomposed = "cafe\xcc\x81";

class JoinedSplitTest : public FolderTest {
 protected:
  // A set of one shard; each sample is one byte, `first`, `first` + 1 ...
  PackedDataset& write(const std::string& name, uint8_t first, uint32_t samples,
                       const std::vector<std::string>& classes, const char* color = "any") {
    Schema schema;
    schema.fields.resize(1);
    schema.fields[0].name = "image";
    schema.fields[0].axes = "HWC";
    schema.fields[0].color = color;
    const std::filesystem::path folder = folder_ / name;
    std::filesystem::create_directories(folder);
    ShardHeader header;
    header.fingerprint = first;
    ShardWriter writer(folder / shard_file_name("train", 0, 1), header, schema);
    for (uint32_t i = 0; i < samples; ++i) {
      const auto pixel = static_cast<uint8_t>(first + i);
      std::array<FieldValue, 1> values;
      values[0].bytes = {&pixel, 1};
      values[0].shape = values[0].original_shape = {1, 1, 1, 0};
      writer.append(name + std::to_string(i), values);
    }
    ShardMeta meta;
    meta.split = "train";
    meta.class_names = classes;
    Manifest manifest;
    manifest.tool = "test";
    manifest.fingerprint = first;
    manifest.schema = schema;
    manifest.class_names = classes;
    manifest.splits = {{"train", {writer.finish(meta)}}};
    write_manifest(folder / kManifestName, manifest);
    sets_.push_back(std::make_unique<PackedDataset>(folder));
    return *sets_.back();
  }

  JoinedSplit join() {
    std::vector<ChosenSplit> chosen;
    for (const auto& set : sets_)
      chosen.push_back({set.get(), &set->split("")});
    return join_splits(chosen);
  }

  static auto refusal(const std::string& what) {
    return Throws<Error>(AllOf(Property(&Error::code, ErrorCode::kInvalidArgument),
                               Property(&Error::what, HasSubstr(what))));
  }

  std::vector<std::unique_ptr<PackedDataset>> sets_;
};

TEST_F(JoinedSplitTest, SamplesFollowOneAnotherInTheOrderGiven) {
  write("b", 10, 3, {"cat", "dog"});
  write("a", 20, 2, {"cat", "dog"});
  const JoinedSplit joined = join();
  std::vector<int> pixels;
  for (uint64_t id = 0; id < joined.split.sample_count(); ++id)
    pixels.push_back(joined.split.blob(id, 0).bytes[0]);
  EXPECT_THAT(pixels, ElementsAre(10, 11, 12, 20, 21));
  EXPECT_EQ(joined.split.sample_name(3), "a0");
  EXPECT_EQ(joined.fingerprint, "000000000000000a/train+0000000000000014/train");
  EXPECT_THAT(joined.notes, ElementsAre());
}

TEST_F(JoinedSplitTest, OtherClassesAreRefusedByName) {
  write("a", 1, 1, {"cat", "dog"});
  write("b", 2, 1, {"cat", "fox"});
  EXPECT_THAT([&] { join(); }, refusal("class 1 is 'dog' in "));
}

TEST_F(JoinedSplitTest, FewerClassesAreRefusedWithBothCounts) {
  write("a", 1, 1, {"cat", "dog"});
  write("b", 2, 1, {"cat"});
  EXPECT_THAT([&] { join(); }, refusal("/b has 1 class;"));
}

TEST_F(JoinedSplitTest, OtherFieldsAreRefusedByName) {
  write("a", 1, 1, {"cat"});
  write("b", 2, 1, {"cat"}, "gray");
  EXPECT_THAT([&] { join(); },
              refusal("field 'image' is stored uint8 of axes HWC, gray here and stored uint8 of "
                      "axes HWC, any in "));
}

TEST_F(JoinedSplitTest, OneFolderGivenTwiceIsRefused) {
  write("a", 1, 1, {"cat"});
  sets_.push_back(std::make_unique<PackedDataset>(folder_ / "a" / "." / kManifestName));
  EXPECT_THAT([&] { join(); }, refusal("given twice"));
}

TEST_F(JoinedSplitTest, TwoUnicodeFormsOfAClassAreOneAndSaidToBe) {
  if (!unicode_forms_known()) GTEST_SKIP() << "built without libutf8proc";
  write("a", 1, 1, {kComposed, "dog"});
  write("b", 2, 1, {kDecomposed, "dog"});
  const JoinedSplit joined = join();
  ASSERT_EQ(joined.notes.size(), 1u);
  EXPECT_THAT(joined.notes[0], AllOf(HasSubstr("class 0 'caf\xc3\xa9' is written composed in"),
                                     HasSubstr("/a and decomposed in"), HasSubstr("taken as one")));
}

TEST(UnicodeForm, ComposesLettersJamoAndMarksInAnyOrder) {
  if (!unicode_forms_known()) GTEST_SKIP() << "built without libutf8proc";
  EXPECT_EQ(composed_form(kDecomposed), kComposed);
  EXPECT_EQ(composed_form("plain"), "plain");
  // Hangul: U+1112 U+1161 U+11AB is U+D55C.
  EXPECT_EQ(composed_form("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"), "\xed\x95\x9c");
  // a, dot below, circumflex: U+1EAD in either order.
  EXPECT_EQ(composed_form("a\xcc\xa3\xcc\x82"), "\xe1\xba\xad");
  EXPECT_EQ(composed_form("a\xcc\x82\xcc\xa3"), "\xe1\xba\xad");
}

TEST(UnicodeForm, LeavesWhatIsNotUtf8Alone) {
  EXPECT_EQ(composed_form("caf\xe9"), "caf\xe9");
}

}  // namespace
}  // namespace stoker
