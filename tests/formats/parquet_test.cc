// Parquet files: what Hugging Face's datasets and pyarrow wrote.
#include "tests/formats/parquet_fixture.h"

#include <algorithm>

namespace stoker {
namespace {
namespace fs = std::filesystem;
using testing::all_notes;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::kParquetGolden;
using ::testing::Not;
using testing::numbers_in;
using testing::open_source;
using testing::read_one;

using Parquet = testing::ParquetTest;

TEST_F(Parquet, IsKnownByItsContent) {
  for (const char* path : {"hub", "hub/data", "kinds.parquet", "named", "configs"})
    EXPECT_EQ(detect_format({kParquetGolden / path}).name, "parquet") << path;
  fs::copy_file(kParquetGolden / "kinds.parquet", folder_ / "table");
  EXPECT_EQ(detect_format({folder_ / "table"}).name, "parquet");
}

TEST_F(Parquet, ATableOfFactsBesideImagesIsNoSet) {
  const fs::path images = copy("paths/images");
  fs::create_directories(folder_ / "classes");
  fs::rename(images, folder_ / "classes/cat");
  for (const char* name : {"classes/metadata.parquet", "classes/cat/facts.parquet"}) {
    fs::copy_file(kParquetGolden / "kinds.parquet", folder_ / name);
    EXPECT_EQ(detect_format({folder_ / "classes"}).name, "folder") << name;
    fs::remove(folder_ / name);
  }
}

TEST_F(Parquet, SplitsAndClassesOfTheHub) {
  const auto reader = open_source("parquet", kParquetGolden / "hub");
  EXPECT_EQ(reader->access(), SourceAccess::kInOrder);
  EXPECT_THAT(reader->facts().splits, ElementsAre("test", "train", "val"));
  EXPECT_THAT(reader->facts().class_names, ElementsAre("cat", "dog"));
  ASSERT_EQ(reader->items().size(), 5u);
  const std::vector<std::string> names{"img_4.png", "img_0.png", "img_1.png", "img_2.png",
                                       "img_3.png"};
  const std::vector<int32_t> labels{-1, 0, 1, 0, 1};
  const std::vector<size_t> splits{0, 1, 1, 1, 2};
  for (uint64_t i = 0; i < 5; ++i) {
    const testing::ReadSample sample = read_one(*reader, i);
    ASSERT_EQ(sample.error, "");
    EXPECT_EQ(reader->items()[i].name, names[i]);
    EXPECT_EQ(reader->items()[i].split, splits[i]);
    EXPECT_EQ(sample.label(), labels[i]);
    EXPECT_EQ(reader->label(i), labels[i]);
    EXPECT_TRUE(sample.bytes.at("image").starts_with("\x89PNG"));
  }
  EXPECT_EQ(read_one(*reader, 1).bytes.at("image"), testing::golden_png());
  EXPECT_EQ(read_one(*reader, 2).bytes.at("image"), testing::golden_png_1());
  EXPECT_NE(reader->hash_source(1), reader->hash_source(2));
}

TEST_F(Parquet, EveryTypeOfColumnIsReadOrLeftOutByName) {
  const auto reader = open_source("parquet", kParquetGolden / "kinds.parquet");
  EXPECT_THAT(all_notes(*reader),
              AllOf(HasSubstr("when: left out: the column is of type timestamp[ms]"),
                    HasSubstr("empty: left out: the column holds nothing but nulls"),
                    HasSubstr("score: float64 is rounded")));
  ASSERT_EQ(reader->items().size(), 4u);
  for (uint64_t i = 0; i < 4; ++i) {
    const testing::ReadSample sample = read_one(*reader, i);
    ASSERT_EQ(sample.error, "");
    const auto n = static_cast<int>(i);
    const auto f = static_cast<float>(n);
    EXPECT_EQ(sample.bytes.at("text"), "text " + std::to_string(i));
    EXPECT_THAT(numbers_in<float>(sample.bytes.at("score")), ElementsAre(f / 2));
    EXPECT_THAT(numbers_in<int64_t>(sample.bytes.at("big")), ElementsAre(1000000000000 + n));
    EXPECT_EQ(sample.bytes.at("flag"), std::string(1, static_cast<char>(n % 2)));
    EXPECT_EQ(sample.bytes.at("half").size(), 2u);
    EXPECT_THAT(numbers_in<float>(sample.bytes.at("box")), ElementsAre(f, f + 1, f + 2, f + 3));
    const auto s = static_cast<int16_t>(n);
    EXPECT_THAT(numbers_in<int16_t>(sample.bytes.at("grid")),
                ElementsAre(s, s + 1, s + 2, s + 3, s + 4, s + 5));
    EXPECT_EQ(sample.bytes.at("ragged").size(), 2 * i + 2);
    EXPECT_EQ(sample.shapes.at("ragged")[0], i + 1);
    EXPECT_EQ(sample.bytes.at("raw"), std::string({static_cast<char>(n), '\0', '\xff'}));
  }
}

TEST_F(Parquet, EveryCodecPageVersionAndDictionary) {
  for (const fs::path& file : list_files(kParquetGolden / "codecs")) {
    const auto reader = open_source("parquet", file);
    ASSERT_EQ(reader->items().size(), 4u) << file;
    EXPECT_THAT(reader->facts().class_names, ElementsAre("cat", "dog"));
    for (uint64_t i = 0; i < 4; ++i) {
      const testing::ReadSample sample = read_one(*reader, i);
      EXPECT_EQ(sample.error, "") << file;
      EXPECT_EQ(sample.label(), static_cast<int32_t>(i % 2)) << file;
      if (i != 1) continue;
      EXPECT_EQ(sample.bytes.at("image"), testing::golden_png_1()) << file;
    }
  }
}

TEST_F(Parquet, SeveralConfigurationsAreAQuestion) {
  EXPECT_THAT(error_of([] { open_source("parquet", kParquetGolden / "configs"); }),
              AllOf(HasSubstr("holds 2 configurations, 'en', 'fr'"), HasSubstr("configs/en")));
  const auto one = open_source("parquet", kParquetGolden / "configs/fr");
  ASSERT_EQ(one->items().size(), 1u);
  EXPECT_EQ(one->items()[0].name, "img_1.png");
}

TEST_F(Parquet, ReadmeSaysSplitsAndClasses) {
  const auto reader = open_source("parquet", kParquetGolden / "named");
  EXPECT_THAT(reader->facts().splits, ElementsAre("unsupervised", "val"));
  EXPECT_THAT(reader->facts().class_names, ElementsAre("cat", "dog"));
}

TEST_F(Parquet, AReadmeThatIsNotUnderstoodIsANote) {
  const fs::path set = copy("hub");
  testing::overwrite(set / "README.md", as_bytes("---\nconfigs: {a: b}\n---\n"));
  const auto reader = open_source("parquet", set);
  EXPECT_EQ(reader->items().size(), 5u);
  EXPECT_THAT(all_notes(*reader), HasSubstr("README.md: is not gone by"));
}

TEST_F(Parquet, FieldsAreChosenByTheRequest) {
  const fs::path file = kParquetGolden / "kinds.parquet";
  const auto reader =
      open_source("parquet", file, {{"label", "flag"}, {"kind", "label"}, {"points", "box"}});
  EXPECT_EQ(read_one(*reader, 3).label(), 1);
  EXPECT_EQ(read_one(*reader, 3).bytes.at("points").size(), 16u);
  EXPECT_THAT(error_of([&] {
                open_source("parquet", file, {{"image", "img"}});
              }),
              AllOf(HasSubstr("--field image=img"), HasSubstr("there are image, label, text")));
  EXPECT_THAT(error_of([&] {
                open_source("parquet", file, {{"time", "when"}});
              }),
              AllOf(HasSubstr("'when'"), HasSubstr("timestamp[ms]")));
}

TEST_F(Parquet, TextsNameClassesAndKeysNameSamples) {
  const auto reader = open_source("parquet", kParquetGolden / "texts.parquet");
  EXPECT_THAT(reader->facts().class_names, ElementsAre("cat", "dog", "eel"));
  EXPECT_EQ(reader->items()[3].name, "z");
  EXPECT_EQ(read_one(*reader, 3).label(), 2);
  EXPECT_EQ(read_one(*reader, 1).bytes.at("image"), testing::golden_png_1());
  EXPECT_FALSE(reader->schema().find("__key__"));
}

TEST_F(Parquet, ANullIsTheErrorOfItsRowAndColumn) {
  const std::map<std::string, uint64_t> rows{{"label", 1}, {"text", 2}, {"image", 0}};
  for (const auto& [column, row] : rows) {
    const auto reader = open_source("parquet", kParquetGolden / "nulls" / (column + ".parquet"));
    ASSERT_EQ(reader->items().size(), 3u);
    for (uint64_t i = 0; i < 3; ++i) {
      const std::string error = read_one(*reader, i).error;
      if (i != row) {
        EXPECT_EQ(error, "");
        continue;
      }
      EXPECT_THAT(error, AllOf(HasSubstr(column + ".parquet: row " + std::to_string(row)),
                               HasSubstr("the column '" + column + "' has no value (null)")));
    }
  }
}

TEST_F(Parquet, ImagesByTheirPathsAlone) {
  const fs::path set = copy("paths");
  const auto reader = open_source("parquet", set);
  EXPECT_EQ(read_one(*reader, 0).bytes.at("image"), testing::golden_png());
  EXPECT_EQ(read_one(*reader, 1).bytes.at("image"), testing::golden_png_1());
  EXPECT_THAT(reader->source_files(1), ElementsAre(set / "table.parquet", set / "images/1.png"));
  fs::remove(set / "images/1.png");
  EXPECT_THAT(read_one(*reader, 1).error,
              AllOf(HasSubstr("row 1"), HasSubstr("names an image 'images/1.png' by its path")));
}

TEST_F(Parquet, OtherColumnsAreNotJoined) {
  const fs::path set = copy("hub");
  const fs::path file = set / "data/train-00001-of-00002.parquet";
  fs::copy_file(kParquetGolden / "kinds.parquet", file, fs::copy_options::overwrite_existing);
  EXPECT_THAT(error_of([&] { open_source("parquet", set); }),
              AllOf(HasSubstr("train-00001-of-00002.parquet: has the columns"),
                    HasSubstr("convert them one after the other")));
}

TEST_F(Parquet, OtherClassesAreNotJoined) {
  const fs::path set = copy("hub");
  fs::copy_file(kParquetGolden / "turned.parquet", set / "data/train-00001-of-00002.parquet",
                fs::copy_options::overwrite_existing);
  EXPECT_THAT(error_of([&] { open_source("parquet", set); }),
              AllOf(HasSubstr("train-00001-of-00002.parquet: has other classes"),
                    HasSubstr("in the column 'label' than")));
}

TEST_F(Parquet, AShardThatIsNotThereIsNamed) {
  for (const char* name : {"train-00000-of-00002", "train-00001-of-00002"}) {
    const fs::path set = copy("hub");
    const fs::path file = set / "data" / (std::string(name) + ".parquet");
    fs::remove(file);
    EXPECT_THAT(error_of([&] { open_source("parquet", set); }),
                AllOf(HasSubstr(file.string()), HasSubstr("is missing"), HasSubstr("there are 2")));
    const auto rest = open_source("parquet", set, {}, true);
    EXPECT_THAT(all_notes(*rest), HasSubstr(std::string(name) + ".parquet: is missing"));
  }
}

TEST_F(Parquet, WhatIsNoParquetSaysWhatItIs) {
  EXPECT_THAT(error_of([] { open_source("parquet", kParquetGolden / "encrypted.parquet"); }),
              HasSubstr("encrypted"));
  const fs::path set = copy("hub");
  testing::overwrite(set / "data/train-00000-of-00002.parquet",
                     as_bytes("version https://git-lfs\noid sha256:00\nsize 1979\n"));
  EXPECT_THAT(error_of([&] { open_source("parquet", set); }), HasSubstr("git lfs pull"));
}

TEST_F(Parquet, EveryPrefixIsRefused) {
  const Bytes whole = read_file(kParquetGolden / "kinds.parquet");
  for (size_t size = 0; size < whole.size(); ++size) {
    testing::overwrite(folder_ / "cut.parquet", ByteSpan(whole).first(size));
    EXPECT_NE(error_of([&] { open_source("parquet", folder_ / "cut.parquet"); }), "") << size;
  }
}

// Its footer is whole, what it says of places is not.
TEST_F(Parquet, BytesMissingInTheMiddleAreFound) {
  const Bytes whole = read_file(kParquetGolden / "codecs/none-2.0.parquet");
  const fs::path file = folder_ / "short.parquet";
  for (size_t place = 4; place < 1000; place += 40) {
    Bytes damaged = whole;
    damaged.erase(damaged.begin() + static_cast<std::ptrdiff_t>(place));
    testing::overwrite(file, damaged);
    std::string rows;
    const std::string file_error = error_of([&] {
      const auto reader = open_source("parquet", file);
      for (uint64_t i = 0; i < reader->items().size(); ++i)
        rows += read_one(*reader, i).error;
    });
    EXPECT_NE(file_error + rows, "") << place;
  }
}

TEST_F(Parquet, ADamagedFileIsLeftOutWhereThatIsAskedFor) {
  const fs::path set = copy("hub");
  const fs::path file = set / "data/train-00000-of-00002.parquet";
  const Bytes whole = read_file(file);
  testing::overwrite(file, ByteSpan(whole).first(whole.size() / 2));
  const auto rest = open_source("parquet", set, {}, true);
  EXPECT_EQ(rest->items().size(), 3u);
  EXPECT_THAT(all_notes(*rest), HasSubstr("train-00000-of-00002.parquet: left out"));
}

// Files without checksums cannot tell a flip in a value; nothing crashes, and counts stay.
TEST_F(Parquet, FlippedBytesGiveSamplesOrAnError) {
  for (const char* name :
       {"kinds.parquet", "codecs/zstd-2.0.parquet", "codecs/snappy-1.0.parquet"}) {
    const Bytes whole = read_file(kParquetGolden / name);
    const fs::path file = folder_ / "flipped.parquet";
    for (size_t i = 0; i < 200; ++i) {
      Bytes damaged = whole;
      damaged[i * whole.size() / 200] ^= static_cast<uint8_t>(1 + 37 * i % 255);
      testing::overwrite(file, damaged);
      error_of([&] {
        const auto reader = open_source("parquet", file);
        EXPECT_LE(reader->items().size(), 4u) << name << " " << i;
        testing::read_all(*reader);
      });
    }
  }
}

}  // namespace
}  // namespace stoker
