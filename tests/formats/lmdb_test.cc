// LMDB image sets: what the lmdb package wrote, and what damage does.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <random>

#include "formats/lmdb/lmdb_set.h"
#include "formats/lmdb/lmdb_value.h"
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
using testing::from_hex;
using ::testing::HasSubstr;
using testing::open_source;
using testing::read_all;
using testing::ReadSample;

const fs::path kGolden = fs::path(STOKER_SOURCE_DIR) / "tests/golden/lmdb";

class Lmdb : public FolderTest {
 protected:
  fs::path written(const Bytes& bytes) const {
    testing::overwrite(folder_ / "a.lmdb", bytes);
    return folder_ / "a.lmdb";
  }
  template <typename T>
  std::string changed(const fs::path& name, size_t offset, T number) const {
    Bytes bytes = read_file(kGolden / name);
    store_le<T>(bytes.data() + offset, number);
    return error_of([&] { read_all(*open_source("lmdb", written(bytes))); });
  }
};

TEST_F(Lmdb, IsKnownByItsFirstPage) {
  EXPECT_EQ(detect_format({kGolden}).name, "lmdb");
  EXPECT_EQ(detect_format({kGolden / "deep_val"}).name, "lmdb");
  EXPECT_EQ(detect_format({kGolden / "deep_val/data.mdb"}).name, "lmdb");
  fs::copy_file(kGolden / "plain.lmdb", folder_ / "data");
  EXPECT_EQ(detect_format({folder_ / "data"}).name, "lmdb");
}

TEST_F(Lmdb, EveryValueIsWhatWasWritten) {
  const auto expected = nlohmann::json::parse(read_text_file(kGolden / "expected.json"));
  ASSERT_EQ(expected.size(), 8u);
  for (const auto& [set, samples] : expected.items()) {
    const auto reader = open_source("lmdb", kGolden / set);
    ASSERT_EQ(reader->items().size(), samples.size()) << set;
    for (uint64_t i = 0; i < samples.size(); ++i) {
      EXPECT_EQ(reader->items()[i].name, samples[i].at("name").get<std::string>()) << set;
      const ReadSample sample = testing::read_one(*reader, i);
      ASSERT_EQ(sample.error, "") << set;
      const auto& values = samples[i].at("values");
      EXPECT_EQ(sample.bytes.size(), values.size()) << set;
      for (const auto& [field, value] : values.items()) {
        ASSERT_TRUE(sample.bytes.contains(field)) << set << " " << field;
        EXPECT_EQ(sample.bytes.at(field), from_hex(value)) << set << " " << field << " " << i;
      }
    }
  }
}

TEST_F(Lmdb, SplitsAreThoseOfDatabasesAndNames) {
  const auto reader = open_source("lmdb", kGolden / "splits.lmdb");
  EXPECT_THAT(reader->facts().splits, ElementsAre("train", "val"));
  EXPECT_EQ(reader->items().back().split, 1u);
  EXPECT_THAT(open_source("lmdb", kGolden / "deep_val")->facts().splits, ElementsAre("val"));
}

TEST_F(Lmdb, TextsBecomeClassesWhereThatIsWanted) {
  EXPECT_THAT(all_notes(*open_source("lmdb", kGolden / "texts.lmdb")),
              HasSubstr("--field label=text makes classes"));
  const auto reader = open_source("lmdb", kGolden / "texts.lmdb", {{"label", "text"}});
  EXPECT_THAT(reader->facts().class_names, ElementsAre("one", "three", "two"));
  EXPECT_THAT(open_source("lmdb", kGolden / "named.lmdb")->facts().class_names,
              ElementsAre("cat", "dog"));
  EXPECT_THAT(all_notes(*open_source("lmdb", kGolden / "numbered.lmdb")),
              HasSubstr("'num-samples' says 10 samples, there are 11"));
}

TEST_F(Lmdb, OtherConventionsAreRefusedByName) {
  const auto error = [](const char* name) {
    return error_of([&] { open_source("lmdb", kGolden / "refused" / name); });
  };
  EXPECT_THAT(error("datum.lmdb"), AllOf(HasSubstr("datum.lmdb"), HasSubstr("Caffe's Datums")));
  EXPECT_THAT(error("dupsort.lmdb"), AllOf(HasSubstr("'train'"), HasSubstr("dupsort")));
  EXPECT_THAT(error("msgpack.lmdb"), HasSubstr("serialised by a library"));
  EXPECT_THAT(error("side.lmdb"), HasSubstr("values and named databases side by side"));
}

TEST_F(Lmdb, PicklesAreParsedNeverExecuted) {
  Sample memory;
  const auto error = [&](const std::string& pickle) {
    return error_of([&] { decode_pickled_pair(as_bytes(pickle), memory); });
  };
  EXPECT_THAT(error("\x80\x02}."), HasSubstr("expected one of (image, label)"));
  EXPECT_NE(error(std::string("\x80\x02") + "cos\nsystem\nU\x02lsR."), "");
  EXPECT_NE(error("\x80\x02"), "");
}

TEST_F(Lmdb, TheNewerOfTwoMetaPagesIsTaken) {
  const Bytes bytes = read_file(kGolden / "deep_val/data.mdb");
  const LmdbMeta meta = parse_lmdb_meta(bytes);
  EXPECT_EQ(meta.page_bytes, 4096u);
  EXPECT_EQ(meta.transaction, 3u);
  EXPECT_EQ(meta.main.entries, 390u);
  EXPECT_EQ(meta.main.depth, 2u);
  Bytes older = bytes;
  store_le<uint64_t>(older.data() + 4096 + 16 + 128, 1);
  EXPECT_EQ(parse_lmdb_meta(older).transaction, 2u);
  EXPECT_THAT(changed<uint64_t>("deep_val/data.mdb", 4096 + 16 + 128, 7),
              HasSubstr("the transactions 2 and 7"));
}

TEST_F(Lmdb, WhatContradictsItselfIsNamed) {
  const fs::path deep = "deep_val/data.mdb";
  const Bytes bytes = read_file(kGolden / deep);
  const size_t meta = 4096 + 16;  // the newer one
  const size_t main = meta + 24 + 48;
  const size_t root = load_le<uint64_t>(bytes.data() + main + 40) * 4096;
  const size_t node = root + load_le<uint16_t>(bytes.data() + root + 16);
  const size_t leaf = load_le<uint32_t>(bytes.data() + node) * 4096;
  const size_t second = load_le<uint16_t>(bytes.data() + leaf + 18);
  EXPECT_THAT(changed<uint32_t>(deep, 16, 0), HasSubstr("expected a meta page"));
  EXPECT_THAT(changed<uint32_t>(deep, 16, 0xDEC0EFBE), HasSubstr("another byte order"));
  EXPECT_THAT(changed<uint32_t>(deep, 20, 999), HasSubstr("version 999 of LMDB's files"));
  EXPECT_THAT(changed<uint32_t>(deep, 16 + 24, 4097), HasSubstr("pages of 4097 bytes"));
  EXPECT_THAT(changed<uint16_t>(deep, main + 4, 4), HasSubstr("dupsort"));
  EXPECT_THAT(changed<uint16_t>(deep, main + 6, 1), HasSubstr("expected a leaf page"));
  EXPECT_THAT(changed<uint16_t>(deep, main + 6, 3), HasSubstr("expected a branch page"));
  EXPECT_THAT(changed<uint16_t>(deep, main + 6, 60000), HasSubstr("60000 levels"));
  EXPECT_THAT(changed<uint64_t>(deep, main + 32, 391), HasSubstr("it says 391"));
  EXPECT_THAT(changed<uint64_t>(deep, main + 40, uint64_t{1} << 40), HasSubstr("the file has"));
  EXPECT_THAT(changed<uint64_t>(deep, root, 1), HasSubstr("it says that it is page 1"));
  EXPECT_THAT(changed<uint32_t>(deep, node, static_cast<uint32_t>(root / 4096)),
              HasSubstr("a second time"));
  EXPECT_THAT(changed<uint16_t>(deep, leaf + 14, 60000), HasSubstr("free space"));
  EXPECT_THAT(changed<uint16_t>(deep, leaf + 18, 4095), HasSubstr("node 1 is said to begin"));
  EXPECT_THAT(changed<uint32_t>(deep, leaf + second, 12), HasSubstr("entries take"));
  EXPECT_THAT(changed<uint32_t>(deep, leaf + second, 1u << 31), HasSubstr("past its page"));
  EXPECT_THAT(changed<uint8_t>(deep, leaf + second + 8, 0), HasSubstr("not behind"));
}

TEST_F(Lmdb, FilesOfNarrowWordsAreRefused) {
  Bytes bytes(8192);
  store_le<uint32_t>(bytes.data() + 12, 0xBEEFC0DE);
  EXPECT_EQ(detect_format({written(bytes)}).name, "lmdb");
  EXPECT_THAT(error_of([&] { open_source("lmdb", written(bytes)); }), HasSubstr("32 bits"));
}

// A file may end behind the pages that are in use; up to there, every cut is seen.
TEST_F(Lmdb, EveryPrefixIsRefusedOrGivesTheSame) {
  for (const char* name : {"plain.lmdb", "splits.lmdb"}) {
    const Bytes whole = read_file(kGolden / name);
    const auto samples = read_all(*open_source("lmdb", kGolden / name));
    for (size_t size = 0; size < whole.size(); size += size % 4096 < 64 ? 1 : 61) {
      const fs::path file = written(prefix_of(whole, size));
      std::map<std::string, ReadSample> found;
      const std::string error = error_of([&] { found = read_all(*open_source("lmdb", file)); });
      if (!error.empty()) {
        EXPECT_THAT(error, HasSubstr("a.lmdb")) << size;
        continue;
      }
      ASSERT_EQ(found.size(), samples.size()) << size;
      for (const auto& [key, sample] : samples)
        EXPECT_EQ(found.at(key).bytes, sample.bytes) << size;
    }
  }
}

// Names and values have no check sums. Of what says where they lie, and how many there are, a
// change is an error, or changes nothing.
TEST_F(Lmdb, FlippedBitsGiveTheSameSamplesOrAnError) {
  std::mt19937 random(5);
  for (const char* name : {"plain.lmdb", "numbered.lmdb", "pickled.lmdb", "deep_val/data.mdb"}) {
    const Bytes whole = read_file(kGolden / name);
    const auto samples = read_all(*open_source("lmdb", kGolden / name));
    for (int i = 0; i < 200; ++i) {
      Bytes damaged = whole;
      size_t place = random() % damaged.size();
      if (i % 2 == 1) place = place / 4096 * 4096 + place % 160;  // headers of pages
      damaged[place] = static_cast<uint8_t>(damaged[place] ^ (1u << (random() % 8)));
      const fs::path file = written(damaged);
      std::map<std::string, ReadSample> found;
      const std::string error = error_of([&] { found = read_all(*open_source("lmdb", file)); });
      if (!error.empty()) continue;
      ASSERT_EQ(found.size(), samples.size()) << name << " " << place;
      int others = 0;
      for (const auto& [key, sample] : samples) {
        const auto at = found.find(key);
        const bool same = at != found.end() && at->second.bytes == sample.bytes;
        others += same || (at != found.end() && !at->second.error.empty()) ? 0 : 1;
      }
      EXPECT_LE(others, 1) << name << " " << place;
    }
  }
}

TEST_F(Lmdb, FewerSamplesThanWereToldAreAnError) {
  Bytes bytes = read_file(kGolden / "texts.lmdb");
  const std::string text(as_text(bytes));
  const size_t place = text.rfind("num-samples") + 11;
  ASSERT_EQ(bytes[place], '3');
  bytes[place] = '4';
  EXPECT_THAT(error_of([&] { open_source("lmdb", written(bytes)); }),
              HasSubstr("'num-samples' says 4 samples, there are 3"));
}

}  // namespace
}  // namespace stoker
