// MDS shards: what MosaicML Streaming wrote, and what damage does.
#include <gmock/gmock.h>

#include <random>

#include "formats/mds/mds_shard.h"
#include "formats/mds/mds_unpack.h"
#include "tests/formats/source_samples.h"
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
using testing::numbers_in;
using testing::open_source;
using testing::read_all;

const fs::path kGolden = fs::path(STOKER_SOURCE_DIR) / "tests/golden/mds";

class Mds : public FolderTest {
 protected:
  fs::path copy(const char* name) const {
    fs::remove_all(folder_ / "set");
    fs::copy(kGolden / name, folder_ / "set", fs::copy_options::recursive);
    return folder_ / "set";
  }
};

TEST_F(Mds, IsKnownByItsIndex) {
  EXPECT_EQ(detect_format({kGolden / "plain"}).name, "mds");
  EXPECT_EQ(detect_format({kGolden / "plain/val"}).name, "mds");
  EXPECT_EQ(detect_format({kGolden / "plain/val/index.json"}).name, "mds");
}

TEST_F(Mds, EveryEncodingIsRead) {
  const auto reader = open_source("mds", kGolden / "plain");
  EXPECT_THAT(reader->facts().splits, ElementsAre("train", "val"));
  EXPECT_THAT(reader->facts().class_names, ElementsAre("0", "1"));
  EXPECT_THAT(all_notes(*reader), AllOf(HasSubstr("obj: left out: the encoding 'pkl' is not read"),
                                        HasSubstr("score: float64 is rounded")));
  ASSERT_EQ(reader->items().size(), 5u);
  for (uint64_t i = 0; i < 4; ++i) {
    const testing::ReadSample sample = testing::read_one(*reader, i);
    ASSERT_EQ(sample.error, "");
    const auto n = static_cast<int>(i);
    EXPECT_EQ(reader->items()[i].name, "00000" + std::to_string(i));
    EXPECT_TRUE(sample.bytes.at("image").starts_with("\x89PNG"));
    EXPECT_EQ(sample.label(), n % 2);
    EXPECT_EQ(reader->label(i), n % 2);
    EXPECT_THAT(numbers_in<float>(sample.bytes.at("score")),
                ElementsAre(0.5f * static_cast<float>(n)));
    EXPECT_EQ(sample.bytes.at("text"), "text " + std::to_string(i));
    const auto first = static_cast<float>(n);
    EXPECT_THAT(numbers_in<float>(sample.bytes.at("box")),
                ElementsAre(first, first + 1, first + 2, first + 3));
    const auto grid = numbers_in<int16_t>(sample.bytes.at("grid"));
    ASSERT_EQ(grid.size(), 2 * i + 2);
    EXPECT_EQ(grid.back(), 2 * n + 1);
    EXPECT_EQ(sample.shapes.at("grid"), (Extents{static_cast<uint32_t>(i + 1), 2, 0, 0}));
    EXPECT_EQ(sample.bytes.at("raw"), std::string(18, static_cast<char>(n)));
    EXPECT_EQ(sample.shapes.at("raw"), (Extents{2, 3, 3, 0}));
    EXPECT_THAT(numbers_in<int64_t>(sample.bytes.at("big")), ElementsAre(n));
    EXPECT_EQ(sample.bytes.at("pixels"), std::string(18, static_cast<char>(n)));
    EXPECT_EQ(sample.shapes.at("pixels"), (Extents{2, 3, 3, 0}));
    EXPECT_EQ(sample.bytes.at("note"), "{\"n\": " + std::to_string(i) + "}");
    EXPECT_THAT(numbers_in<int64_t>(sample.bytes.at("count")), ElementsAre(1000000000000 + n));
    EXPECT_EQ(sample.bytes.at("any").size(), 12u);
    EXPECT_EQ(sample.shapes.at("any"), (Extents{3, 2, 0, 0}));
  }
  EXPECT_EQ(reader->items()[4].split, 1u);
  EXPECT_EQ(reader->items()[4].name, "000000");
}

TEST_F(Mds, CompressedShardsAreReadInOrder) {
  const auto reader = open_source("mds", kGolden / "zstd");
  EXPECT_EQ(reader->access(), SourceAccess::kInOrder);
  EXPECT_THAT(reader->facts().class_names, ElementsAre("cat", "dog"));
  ASSERT_EQ(reader->items().size(), 4u);
  for (uint64_t i = 0; i < 4; ++i) {
    const testing::ReadSample sample = testing::read_one(*reader, i);
    ASSERT_EQ(sample.error, "");
    EXPECT_EQ(sample.label(), i % 2 == 0 ? 1 : 0);
    EXPECT_TRUE(sample.bytes.at("image").starts_with("\x89PNG"));
  }
  const auto gz = read_all(*open_source("mds", kGolden / "gz"));
  EXPECT_EQ(gz.at("000002").bytes.at("text"), "text 2");
}

TEST_F(Mds, OtherCompressionsAreRefusedByName) {
  for (const char* name : {"br:11", "bz2", "snappy"}) {
    EXPECT_THAT(error_of([&] { check_mds_compression(name); }), HasSubstr(name));
  }
  check_mds_compression("zstd:7");
}

TEST_F(Mds, PicklesAreNeverOpened) {
  EXPECT_THAT(error_of([] { parse_mds_encoding("pkl"); }), HasSubstr("runs whatever code"));
  EXPECT_THAT(error_of([] { parse_mds_encoding("ndarray:object:2"); }), HasSubstr("no such type"));
  EXPECT_THAT(error_of([] { parse_mds_encoding("list[pil]"); }), HasSubstr("'list[pil]'"));
}

TEST_F(Mds, AnotherCountThanTheIndexSaysIsAnError) {
  const fs::path set = copy("plain/val");
  std::string index = read_text_file(set / "index.json");
  const size_t place = index.find("\"samples\": 1");
  ASSERT_NE(place, index.npos);
  index.replace(place, 12, "\"samples\": 2");
  testing::overwrite(set / "index.json", as_bytes(index));
  EXPECT_THAT(error_of([&] { open_source("mds", set); }),
              HasSubstr("holds 1 samples, index.json says 2"));
}

TEST_F(Mds, AWrongHashIsTheShardsErrorOrLeftOut) {
  const fs::path set = copy("plain/train");
  Bytes shard = read_file(set / "shard.00001.mds");
  shard.back() ^= 1;
  testing::overwrite(set / "shard.00001.mds", shard);
  EXPECT_THAT(error_of([&] { open_source("mds", set); }),
              AllOf(HasSubstr("shard.00001.mds"), HasSubstr("index.json says")));
  const auto rest = open_source("mds", set, {}, true);
  EXPECT_LT(rest->items().size(), 4u);
  EXPECT_THAT(all_notes(*rest), HasSubstr("samples left out"));
}

TEST_F(Mds, EveryPrefixOfAShardIsRefused) {
  for (const char* name : {"plain/val/shard.00000.mds", "zstd/shard.00000.mds.zstd"}) {
    const fs::path set = copy(fs::path(name).parent_path().c_str());
    const fs::path file = set / fs::path(name).filename();
    const Bytes whole = read_file(file);
    for (size_t size = 0; size < whole.size(); ++size) {
      testing::overwrite(file, prefix_of(whole, size));
      EXPECT_NE(error_of([&] { open_source("mds", set); }), "") << name << " " << size;
    }
  }
}

TEST_F(Mds, EveryPrefixOfAnIndexIsRefused) {
  const fs::path set = copy("plain/val");
  const std::string whole = read_text_file(set / "index.json");
  for (size_t size = 0; size < whole.size(); ++size) {
    testing::overwrite(set / "index.json", as_bytes(whole.substr(0, size)));
    EXPECT_NE(error_of([&] { open_source("mds", set); }), "") << size;
  }
}

// Without hashes a flip in a value cannot be seen; all else is an error, and nothing crashes.
TEST_F(Mds, FlippedBitsGiveTheSameSampleOrAnError) {
  std::mt19937 random(9);
  for (const char* name : {"plain/val/shard.00000.mds", "plain/val/index.json",
                           "zstd/shard.00000.mds.zstd", "gz/shard.00000.mds.gz"}) {
    const fs::path set = copy(fs::path(name).parent_path().c_str());
    const fs::path file = set / fs::path(name).filename();
    const Bytes whole = read_file(file);
    for (int i = 0; i < 200; ++i) {
      Bytes damaged = whole;
      const size_t place = random() % damaged.size();
      damaged[place] = static_cast<uint8_t>(damaged[place] ^ (1u << (random() % 8)));
      testing::overwrite(file, damaged);
      const std::string error = error_of([&] { read_all(*open_source("mds", set)); });
      EXPECT_TRUE(!error.empty() || !std::string(name).starts_with("zstd")) << place;
    }
  }
}

TEST_F(Mds, OffsetsMustLieInTheShard) {
  Bytes shard(16);
  store_le<uint32_t>(shard.data(), 1);
  store_le<uint32_t>(shard.data() + 4, 12);
  store_le<uint32_t>(shard.data() + 8, 16);
  EXPECT_THAT(parse_mds_offsets(shard, 1), ElementsAre(12u, 16u));
  store_le<uint32_t>(shard.data() + 4, 17);
  EXPECT_THAT(error_of([&] { parse_mds_offsets(shard, 1); }), HasSubstr("begin at byte 17"));
  EXPECT_THAT(error_of([&] { parse_mds_offsets(shard, ~uint64_t{0}); }), HasSubstr("too short"));
}

}  // namespace
}  // namespace stoker
