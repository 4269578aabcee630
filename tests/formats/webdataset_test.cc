#include <gmock/gmock.h>
#include <zlib.h>

#include <array>
#include <random>

#include "formats/plain_fields.h"
#include "formats/webdataset/sample_keys.h"
#include "formats/webdataset/webdataset_writer.h"
#include "libdata/image/image_codec.h"
#include "tests/formats/source_samples.h"
#include "tests/formats/tar_builder.h"
#include "tests/prefix.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using testing::all_notes;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::open_source;
using testing::read_all;
using testing::ReadSample;
using testing::TarFiles;

const fs::path kGolden = fs::path(STOKER_SOURCE_DIR) / "tests/golden/webdataset/library-000000.tar";

std::vector<std::string> field_names(const SourceReader& reader) {
  std::vector<std::string> names;
  for (const Field& field : reader.schema().fields)
    names.push_back(field.name);
  return names;
}

class WebDataset : public FolderTest {
 protected:
  fs::path put(const std::string& name, const TarFiles& files) const {
    fs::create_directories((folder_ / name).parent_path());
    write_file_atomically(folder_ / name, testing::tar_of(files));
    return folder_ / name;
  }
};

// ---- What the library wrote (tests/golden/make_webdataset.py).

TEST_F(WebDataset, LibrarysShardIsReadWhole) {
  const auto reader = open_source("webdataset", kGolden);
  EXPECT_THAT(field_names(*reader), ElementsAre("image", "label", "emb", "json", "txt"));
  EXPECT_THAT(all_notes(*reader), HasSubstr("pickle"));
  const auto samples = read_all(*reader);
  ASSERT_EQ(samples.size(), 4u);
  for (int i = 0; i < 4; ++i) {
    const ReadSample& sample = samples.at("a/00" + std::to_string(i));
    ASSERT_EQ(sample.error, "");
    EXPECT_EQ(sample.label(), i % 2);
    EXPECT_EQ(sample.bytes.at("txt"), "sample " + std::to_string(i));
    EXPECT_THAT(sample.bytes.at("json"), HasSubstr(std::to_string(100 + i)));
    const Image image = decode_image(as_bytes(sample.bytes.at("image")));
    EXPECT_EQ(image.height, 4);
    EXPECT_EQ(image.width, 5);
    EXPECT_EQ(image.pixels, Bytes(60, static_cast<uint8_t>(40 * i)));
    std::array<float, 6> expected{};
    for (size_t n = 0; n < 6; ++n)
      expected[n] = static_cast<float>(10 * i) + static_cast<float>(n);
    EXPECT_EQ(sample.bytes.at("emb"),
              std::string(reinterpret_cast<const char*>(expected.data()), sizeof(expected)));
    EXPECT_EQ(sample.shapes.at("emb"), (Extents{2, 3, 0, 0}));
  }
}

TEST_F(WebDataset, LabelStandsInJsonWhereOneSaysSo) {
  const auto by_name = open_source("webdataset", kGolden, {{"label", "json:kind"}});
  EXPECT_THAT(by_name->facts().class_names, ElementsAre("cat", "dog"));
  EXPECT_EQ(read_all(*by_name).at("a/003").label(), 1);
  const auto by_number = open_source("webdataset", kGolden, {{"label", "json:id"}});
  EXPECT_EQ(by_number->label(2), 102);
  EXPECT_THAT(error_of([] {
                open_source("webdataset", kGolden, {{"label", "xml:kind"}});
              }),
              AllOf(HasSubstr("no member .xml"), HasSubstr("json")));
}

// Every prefix: an error, or samples that are those of the whole file. Of a member that a cut takes
// away the sample may be left without it, which is an error of that sample.
TEST_F(WebDataset, EveryPrefixGivesTheRightDataOrAnError) {
  const Bytes whole = read_file(kGolden);
  const auto expected = read_all(*open_source("webdataset", kGolden));
  for (size_t size = 0; size < whole.size(); size += 173) {
    testing::overwrite(folder_ / "library-000000.tar", prefix_of(whole, size));
    for (const bool skip : {false, true}) {
      error_of([&] {
        const auto reader = open_source("webdataset", folder_ / "library-000000.tar", {}, skip);
        for (const auto& [name, sample] : read_all(*reader)) {
          if (!sample.error.empty()) continue;
          for (const auto& [field, bytes] : sample.bytes)
            ASSERT_TRUE(bytes.empty() || field == "label" ||
                        bytes == expected.at(name).bytes.at(field))
                << size << " " << name << " " << field;
        }
      });
    }
  }
}

TEST_F(WebDataset, RandomDamageNeverBreaksTheReader) {
  const Bytes whole = read_file(kGolden);
  std::mt19937 random(5);
  for (int i = 0; i < 200; ++i) {
    Bytes damaged = whole;
    const size_t place = random() % damaged.size();
    damaged[place] = static_cast<uint8_t>(damaged[place] ^ (1 + random() % 255));
    testing::overwrite(folder_ / "d.tar", damaged);
    for (const bool skip : {false, true})
      error_of([&] { read_all(*open_source("webdataset", folder_ / "d.tar", {}, skip)); });
  }
}

// ---- Names.

TEST_F(WebDataset, KeysEndAtTheFirstDotOfTheBaseName) {
  const auto reader = open_source(
      "webdataset",
      put("x.tar", {{"x.y/01.input.jpg", "i"}, {"x.y/01.cls", "3"}, {"x.y/01.b.c.d", "z"}}));
  EXPECT_THAT(field_names(*reader), ElementsAre("label", "b.c.d", "input"));
  EXPECT_EQ(read_all(*reader).at("x.y/01").bytes.at("input"), "i");
}

TEST_F(WebDataset, ShardsThatRepeatKeysAreToldApart) {
  put("s/a-0000.tar", {{"0.jpg", "a0"}, {"0.cls", "0"}});
  put("s/a-0001.tar", {{"0.jpg", "a1"}, {"0.cls", "1"}});
  const auto samples = read_all(*open_source("webdataset", folder_ / "s"));
  EXPECT_EQ(samples.at("a-0000/0").bytes.at("image"), "a0");
  EXPECT_EQ(samples.at("a-0001/0").bytes.at("image"), "a1");
}

TEST_F(WebDataset, SplitsAreThoseOfShardsAndFolders) {
  for (const char* name : {"train-0.tar", "train-1.tar", "val-0.tar"})
    put(std::string("s/") + name, {{std::string(name) + ".jpg", "x"}});
  const auto files = open_source("webdataset", folder_ / "s");
  EXPECT_THAT(files->facts().splits, ElementsAre("train", "val"));
  put("f/test/000.tar", {{"0.jpg", "x"}});
  put("f/train/000.tar", {{"0.jpg", "x"}});
  const auto folders = open_source("webdataset", folder_ / "f");
  EXPECT_THAT(folders->facts().splits, ElementsAre("test", "train"));
  EXPECT_EQ(folders->items()[1].split, 1u);
}

TEST_F(WebDataset, WhatNamesNoSampleIsNoted) {
  const auto reader = open_source(
      "webdataset",
      put("x.tar", {{"README", "r"}, {"0.jpg", "x"}, {"0.pkl", "boom"}, {"__a__", "m"}}));
  EXPECT_THAT(all_notes(*reader), AllOf(HasSubstr("README"), HasSubstr("0.pkl")));
  EXPECT_THAT(field_names(*reader), ElementsAre("image"));
}

TEST_F(WebDataset, ShardsOfOneNameInTwoFoldersAreToldApart) {
  put("s/a/0.tar", {{"0.jpg", "a0"}});
  put("s/b/0.tar", {{"0.jpg", "b0"}});
  const auto samples = read_all(*open_source("webdataset", folder_ / "s"));
  EXPECT_EQ(samples.at("a/0/0").bytes.at("image"), "a0");
  EXPECT_EQ(samples.at("b/0/0").bytes.at("image"), "b0");
}

// ---- Order and repetition of members.

TEST_F(WebDataset, MembersThatLieApartAreOneSampleAndNoted) {
  const auto reader = open_source(
      "webdataset", put("x.tar", {{"0.jpg", "a"}, {"1.jpg", "b"}, {"0.cls", "4"}, {"1.cls", "5"}}));
  const auto samples = read_all(*reader);
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples.at("0").label(), 4);
  EXPECT_EQ(samples.at("1").label(), 5);
  EXPECT_EQ(samples.at("1").bytes.at("image"), "b");
  EXPECT_THAT(all_notes(*reader), HasSubstr("lie apart"));
}

TEST_F(WebDataset, OfMembersThatComeTwiceTheLaterCounts) {
  const auto reader =
      open_source("webdataset", put("x.tar", {{"0.jpg", "old"}, {"0.cls", "1"}, {"0.jpg", "new"}}));
  EXPECT_EQ(read_all(*reader).at("0").bytes.at("image"), "new");
  EXPECT_THAT(all_notes(*reader), HasSubstr("come twice"));
}

// ---- Fields.

TEST_F(WebDataset, ImagesOfSeveralKindsAreOneField) {
  const auto reader =
      open_source("webdataset", put("x.tar", {{"0.jpg", "j"}, {"1.png", "p"}, {"2.JPEG", "J"}}));
  EXPECT_THAT(field_names(*reader), ElementsAre("image"));
  EXPECT_EQ(read_all(*reader).at("2").bytes.at("image"), "J");
}

TEST_F(WebDataset, TwoImagesOfOneSampleNeedAChoice) {
  const fs::path shard = put("x.tar", {{"0.jpg", "j"}, {"0.png", "p"}});
  EXPECT_THAT(error_of([&] { open_source("webdataset", shard); }), HasSubstr("--field image=jpg"));
  const auto chosen = open_source("webdataset", shard, {{"image", "jpg"}});
  EXPECT_THAT(field_names(*chosen), ElementsAre("image", "png"));
  EXPECT_EQ(read_all(*chosen).at("0").bytes.at("png"), "p");
}

TEST_F(WebDataset, NumbersTextsAndBytesHaveTheirFields) {
  const auto reader = open_source(
      "webdataset",
      put("x.tar",
          {{"0.cls", "7\n"}, {"0.id", "9000000000"}, {"0.caption.txt", "é"}, {"0.mp4", "\0\1"}}));
  EXPECT_THAT(field_names(*reader), ElementsAre("label", "caption", "id", "mp4"));
  const ReadSample sample = read_all(*reader).at("0");
  EXPECT_EQ(sample.label(), 7);
  EXPECT_EQ(load_le<int64_t>(reinterpret_cast<const uint8_t*>(sample.bytes.at("id").data())),
            9000000000);
  EXPECT_EQ(reader->schema().fields[1].unit, "utf-8");
  EXPECT_EQ(reader->schema().fields[3].unit, "");
}

TEST_F(WebDataset, ClassNamesStandBesideTheShards) {
  const fs::path shard = put("s/x.tar", {{"0.jpg", "x"}, {"0.cls", "1"}});
  write_file_atomically(folder_ / "s/classes.json", std::string_view("[\"ant\", \"bee\"]"));
  EXPECT_THAT(open_source("webdataset", shard)->facts().class_names, ElementsAre("ant", "bee"));
  write_file_atomically(folder_ / "s/classes.json", std::string_view("{\"bee\": 1, \"ant\": 0}"));
  EXPECT_THAT(open_source("webdataset", shard)->facts().class_names, ElementsAre("ant", "bee"));
  write_file_atomically(folder_ / "s/classes.json", std::string_view("[\"ant\"]"));
  EXPECT_THAT(error_of([&] { open_source("webdataset", shard); }),
              AllOf(HasSubstr("classes.json"), HasSubstr("label 1")));
}

TEST_F(WebDataset, LabelsThatAreNamesAreNumberedInOrder) {
  const auto reader = open_source(
      "webdataset", put("x.tar", {{"0.cls", "dog"}, {"1.cls", "cat"}, {"2.cls", "dog"}}));
  EXPECT_THAT(reader->facts().class_names, ElementsAre("cat", "dog"));
  EXPECT_EQ(reader->label(0), 1);
}

TEST_F(WebDataset, LabelsTooLongToBeNamesAreNone) {
  const auto reader =
      open_source("webdataset", put("x.tar", {{"0.cls", std::string(300, 'x')}, {"1.cls", "cat"}}));
  EXPECT_THAT(reader->facts().class_names, ElementsAre("cat"));
  EXPECT_THAT(read_all(*reader).at("0").error, HasSubstr("expected a class"));
}

TEST_F(WebDataset, NamesThatTwoClassesHaveSayNone) {
  const fs::path shard = put("s/x.tar", {{"0.cls", "crane"}, {"1.cls", "ant"}, {"2.cls", "2"}});
  write_file_atomically(folder_ / "s/classes.txt", std::string_view("\xef\xbb\xbf"
                                                                    "ant\r\ncrane\r\ncrane"));
  const auto samples = read_all(*open_source("webdataset", shard));
  EXPECT_THAT(samples.at("0").error, HasSubstr("expected a class"));
  EXPECT_EQ(samples.at("1").label(), 0);
  EXPECT_EQ(samples.at("2").label(), 2);
}

TEST_F(WebDataset, JsonLabelsAreNumbersNamesOrErrorsOfTheirSample) {
  const fs::path shard = put("x.tar", {{"0.json", R"({"label": 2.0})"},
                                       {"1.json", R"({"label": [1, 2]})"},
                                       {"2.json", R"({"label":)"},
                                       {"3.json", R"({"other": 1})"}});
  const auto plain = open_source("webdataset", shard);
  EXPECT_THAT(all_notes(*plain), HasSubstr("--field label=json:label"));
  const auto reader = open_source("webdataset", shard, {{"label", "json:label"}});
  EXPECT_TRUE(reader->facts().class_names.empty());
  const auto samples = read_all(*reader);
  EXPECT_EQ(samples.at("0").label(), 2);
  EXPECT_THAT(samples.at("1").error, HasSubstr("expected a class"));
  EXPECT_THAT(samples.at("2").error, HasSubstr("expected a class"));
  EXPECT_EQ(samples.at("3").label(), -1);
}

TEST_F(WebDataset, NamesWithDotsOfTheirOwnAreRefused) {
  TarFiles files;
  for (int i = 1000; i < 1300; ++i)
    files.push_back({"img." + std::to_string(i) + ".jpg", "x"});
  EXPECT_THAT(error_of([&] { open_source("webdataset", put("x.tar", files)); }),
              HasSubstr("300 different extensions"));
}

TEST_F(WebDataset, OneBadLabelIsOneSamplesError) {
  const auto reader = open_source("webdataset", put("x.tar", {{"0.cls", "1"}, {"1.cls", "one"}}));
  const auto samples = read_all(*reader);
  EXPECT_EQ(samples.at("0").error, "");
  EXPECT_THAT(samples.at("1").error, AllOf(HasSubstr("x.tar"), HasSubstr("byte 1536")));
}

TEST_F(WebDataset, MissingMembersAreNotedAndTold) {
  const auto reader = open_source(
      "webdataset",
      put("x.tar",
          {{"0.jpg", "a"}, {"0.txt", "t"}, {"0.cls", "1"}, {"1.txt", "u"}, {"2.jpg", "b"}}));
  EXPECT_THAT(all_notes(*reader), AllOf(HasSubstr("1 samples have no member for the field 'image'"),
                                        HasSubstr("label: 2 samples have none")));
  const auto samples = read_all(*reader);
  EXPECT_THAT(samples.at("1").error, HasSubstr("'image'"));
  EXPECT_EQ(samples.at("2").error, "");
  EXPECT_EQ(samples.at("2").bytes.at("txt"), "");
  EXPECT_EQ(samples.at("2").label(), -1);
}

TEST_F(WebDataset, CompressedShardsAreReadInOrder) {
  const TarFiles files{
      {"0.jpg", "a"}, {"0.cls", "3"}, {"1.jpg", std::string(100000, 'b')}, {"1.cls", "4"}};
  const Bytes tar = testing::tar_of(files);
  const fs::path path = folder_ / "x.tar.gz";
  const gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_EQ(gzwrite(file, tar.data(), static_cast<unsigned>(tar.size())),
            static_cast<int>(tar.size()));
  gzclose(file);
  EXPECT_EQ(detect_format({path}).name, "webdataset");
  const auto reader = open_source("webdataset", path);
  EXPECT_EQ(reader->access(), SourceAccess::kInOrder);
  const auto samples = read_all(*reader);
  EXPECT_EQ(samples.at("0").label(), 3);
  EXPECT_EQ(samples.at("1").bytes.at("image"), std::string(100000, 'b'));
  EXPECT_EQ(reader->hash_source(1), reader->hash_source(1));
}

TEST_F(WebDataset, OtherCompressionNamesTheCommand) {
  write_file_atomically(folder_ / "x.tar.zst", std::string_view("\x28\xb5\x2f\xfd rest"));
  EXPECT_THAT(error_of([&] { open_source("webdataset", folder_ / "x.tar.zst"); }),
              HasSubstr("zstd -d x.tar.zst"));
}

TEST(SampleKeys, HaveNoDotsAndNoImageEnding) {
  EXPECT_EQ(key_of_sample("n01440764/n01440764_1.JPEG"), "n01440764/n01440764_1");
  EXPECT_EQ(key_of_sample("a.b/c.d.png"), "a.b/c_d");
  EXPECT_EQ(key_of_sample(".hidden/.x"), "_hidden/_x");
  EXPECT_EQ(key_of_sample("plain"), "plain");
  EXPECT_THROW(key_of_sample("../x"), Error);
}

TEST(WebDatasetRefuse, FieldsThatNoMemberCanBe) {
  Schema schema;
  schema.fields = {encoded_image_field("image"), any_bytes_field("a/b")};
  EXPECT_THAT(error_of([&] { WebDatasetOutput("x").refuse(schema); }),
              AllOf(HasSubstr("'a/b'"), HasSubstr("--drop a/b")));
  schema.fields = {utf8_text_field("note"), utf8_text_field("Note")};
  EXPECT_THAT(error_of([&] { WebDatasetOutput("x").refuse(schema); }), HasSubstr(".note.txt"));
  schema.fields = {utf8_text_field("a"), any_bytes_field("a.txt")};
  EXPECT_EQ(error_of([&] { WebDatasetOutput("x").refuse(schema); }), "");
}

}  // namespace
}  // namespace stoker
