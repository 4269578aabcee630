// Arrow's streams and files: what datasets' save_to_disk and pyarrow wrote.
#include "tests/formats/parquet_fixture.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::kParquetGolden;
using testing::open_source;
using testing::read_one;

using Arrow = testing::ParquetTest;

TEST_F(Arrow, IsKnownByItsContent) {
  for (const char* path : {"saved", "saved/train", "files", "selected", "files/file.arrow",
                           "saved/train/data-00000-of-00001.arrow"})
    EXPECT_EQ(detect_format({kParquetGolden / path}).name, "arrow") << path;
}

TEST_F(Arrow, SavedDictionaries) {
  const auto reader = open_source("arrow", kParquetGolden / "saved");
  EXPECT_EQ(reader->access(), SourceAccess::kRandom);
  EXPECT_THAT(reader->facts().splits, ElementsAre("train", "val"));
  EXPECT_THAT(reader->facts().class_names, ElementsAre("cat", "dog"));
  ASSERT_EQ(reader->items().size(), 5u);
  for (uint64_t i = 5; i-- > 0;) {
    const testing::ReadSample sample = read_one(*reader, i);
    ASSERT_EQ(sample.error, "");
    EXPECT_EQ(reader->items()[i].name, "img_" + std::to_string(i) + ".png");
    EXPECT_EQ(reader->items()[i].split, i == 4 ? 1u : 0u);
    EXPECT_EQ(sample.label(), static_cast<int32_t>(i % 2));
    if (i != 1) continue;
    EXPECT_EQ(sample.bytes.at("image"), testing::golden_png_1());
  }
}

TEST_F(Arrow, OneSavedSplitIsCalledAsItsFolder) {
  const auto reader = open_source("arrow", kParquetGolden / "saved/validation");
  EXPECT_THAT(reader->facts().splits, ElementsAre("val"));
}

TEST_F(Arrow, FilesOfBatchesAndCompressedStreams) {
  const auto file = open_source("arrow", kParquetGolden / "files/file.arrow");
  EXPECT_EQ(file->access(), SourceAccess::kRandom);
  const auto stream = open_source("arrow", kParquetGolden / "files/lz4.arrow");
  EXPECT_EQ(stream->access(), SourceAccess::kInOrder);
  for (const auto* reader : {&file, &stream}) {
    ASSERT_EQ((*reader)->items().size(), 4u);
    EXPECT_EQ(read_one(**reader, 1).bytes.at("image"), testing::golden_png_1());
    EXPECT_EQ(read_one(**reader, 3).label(), 1);
    EXPECT_EQ(read_one(**reader, 0).bytes.at("image"), testing::golden_png());
  }
}

TEST_F(Arrow, SelectionsOfRowsAreRefused) {
  EXPECT_THAT(error_of([] { open_source("arrow", kParquetGolden / "selected"); }),
              AllOf(HasSubstr("state.json"), HasSubstr("flatten_indices")));
}

TEST_F(Arrow, AStreamCutBetweenBatchesIsRefused) {
  EXPECT_THAT(error_of([] { open_source("arrow", kParquetGolden / "files/cut.arrow"); }),
              AllOf(HasSubstr("cut.arrow"), HasSubstr("cut short")));
}

TEST_F(Arrow, AFileThatStateNamesMustBeThere) {
  const fs::path set = copy("saved");
  fs::remove(set / "train/data-00000-of-00001.arrow");
  EXPECT_THAT(error_of([&] { open_source("arrow", set); }),
              AllOf(HasSubstr("train/data-00000-of-00001.arrow: is missing"),
                    HasSubstr("state.json names it")));
  EXPECT_EQ(open_source("arrow", set, {}, true)->items().size(), 1u);
}

TEST_F(Arrow, NamesThatStateLeavesOutAreMissed) {
  const fs::path set = copy("saved");
  fs::rename(set / "train/data-00000-of-00001.arrow", set / "train/data-00000-of-00002.arrow");
  std::string state = read_text_file(set / "train/state.json");
  state.replace(state.find("of-00001"), 8, "of-00002");
  testing::overwrite(set / "train/state.json", as_bytes(state));
  EXPECT_THAT(error_of([&] { open_source("arrow", set); }),
              AllOf(HasSubstr("train/data-00001-of-00002.arrow: is missing"),
                    HasSubstr("state.json does not name it")));
}

TEST_F(Arrow, FilesThatStateDoesNotNameAreLeftOut) {
  const fs::path set = copy("saved");
  for (const char* name : {"train/data-00001-of-00009.arrow", "train/cache-0123456789.arrow"})
    fs::copy_file(kParquetGolden / "files/file.arrow", set / name);
  const auto reader = open_source("arrow", set);
  EXPECT_EQ(reader->items().size(), 5u);
  EXPECT_THAT(testing::all_notes(*reader),
              AllOf(HasSubstr("data-00001-of-00009.arrow: left out: state.json does not name it"),
                    ::testing::Not(HasSubstr("cache-"))));
}

// As datasets' cache has it: no state.json, and tables that map and filter made beside the set.
TEST_F(Arrow, FoldersOfACache) {
  for (const char* name : {"x-train-00000-of-00002.arrow", "x-train-00001-of-00002.arrow",
                           "x-test.arrow", "cache-0123456789.arrow"})
    fs::copy_file(kParquetGolden / "saved/train/data-00000-of-00001.arrow", folder_ / name);
  const auto reader = open_source("arrow", folder_);
  EXPECT_EQ(reader->items().size(), 12u);
  EXPECT_THAT(testing::all_notes(*reader), HasSubstr("cache-0123456789.arrow: left out"));
  fs::remove(folder_ / "x-train-00001-of-00002.arrow");
  EXPECT_THAT(error_of([&] { open_source("arrow", folder_); }),
              HasSubstr("x-train-00001-of-00002.arrow: is missing"));
}

TEST_F(Arrow, EveryPrefixIsRefused) {
  for (const char* name :
       {"files/file.arrow", "files/lz4.arrow", "saved/train/data-00000-of-00001.arrow"}) {
    const Bytes whole = read_file(kParquetGolden / name);
    for (size_t size = 0; size < whole.size(); ++size) {
      testing::overwrite(folder_ / "cut.arrow", ByteSpan(whole).first(size));
      EXPECT_NE(error_of([&] { open_source("arrow", folder_ / "cut.arrow"); }), "")
          << name << " " << size;
    }
  }
}

// Arrow has no checksums: a flip in a value is another value. Nothing crashes.
TEST_F(Arrow, FlippedBytesGiveSamplesOrAnError) {
  for (const char* name :
       {"files/file.arrow", "files/lz4.arrow", "saved/train/data-00000-of-00001.arrow"}) {
    const Bytes whole = read_file(kParquetGolden / name);
    for (size_t i = 0; i < 200; ++i) {
      Bytes damaged = whole;
      damaged[i * whole.size() / 200] ^= static_cast<uint8_t>(1 + 37 * i % 255);
      testing::overwrite(folder_ / "flipped.arrow", damaged);
      error_of([&] { testing::read_all(*open_source("arrow", folder_ / "flipped.arrow")); });
    }
  }
}

}  // namespace
}  // namespace stoker
