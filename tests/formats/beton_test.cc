// .beton files: what FFCV wrote, and what damage does.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <random>

#include "formats/beton/beton_layout.h"
#include "tests/formats/source_samples.h"
#include "tests/prefix.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using testing::all_notes;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using testing::error_of;
using testing::from_hex;
using ::testing::HasSubstr;
using testing::open_source;
using testing::read_all;
using testing::ReadSample;

const fs::path kGolden = fs::path(STOKER_SOURCE_DIR) / "tests/golden/beton";

// What went into the sample, of which every field must have come out.
void expect_sample(const ReadSample& found, const nlohmann::json& expected) {
  ASSERT_EQ(found.error, "");
  EXPECT_EQ(found.bytes.size(), expected.size());
  for (const auto& [name, value] : expected.items()) {
    ASSERT_TRUE(found.bytes.contains(name)) << name;
    EXPECT_EQ(found.bytes.at(name), from_hex(value.at("hex"))) << name;
    Extents shape{};
    for (size_t axis = 0; axis < value.at("shape").size(); ++axis)
      shape[axis] = value.at("shape")[axis].get<uint32_t>();
    const bool fixed = found.shapes.at(name) == Extents{};  // the schema has it
    EXPECT_TRUE(fixed || found.shapes.at(name) == shape) << name;
  }
}

class Beton : public FolderTest {
 protected:
  fs::path written(const Bytes& bytes) const {
    testing::overwrite(folder_ / "a.beton", bytes);
    return folder_ / "a.beton";
  }
  // The golden file with one number changed, in the error it gives.
  template <typename T>
  std::string changed(const char* name, size_t offset, T number) const {
    Bytes bytes = read_file(kGolden / name);
    store_le<T>(bytes.data() + offset, number);
    return error_of([&] { read_all(*open_source("beton", written(bytes))); });
  }
};

TEST_F(Beton, IsKnownByItsHeader) {
  EXPECT_EQ(detect_format({kGolden}).name, "beton");
  EXPECT_EQ(detect_format({kGolden / "train.beton"}).name, "beton");
  for (const char* name : {"train.beton", "other/plain.beton", "other/own.beton"}) {
    fs::copy_file(kGolden / name, folder_ / "data", fs::copy_options::overwrite_existing);
    EXPECT_EQ(detect_format({folder_ / "data"}).name, "beton") << name;
  }
}

TEST_F(Beton, EveryFieldIsWhatWasWritten) {
  const auto expected = nlohmann::json::parse(read_text_file(kGolden / "expected.json"));
  const auto reader = open_source("beton", kGolden);
  EXPECT_THAT(reader->facts().splits, ElementsAre("train", "val"));
  EXPECT_THAT(reader->facts().class_names, ElementsAre("0", "1", "2"));
  EXPECT_THAT(all_notes(*reader), AllOf(HasSubstr("when: left out: elements of type '<M8[s]'"),
                                        HasSubstr("score: float64 is rounded")));
  ASSERT_EQ(reader->items().size(), 9u);
  for (uint64_t i = 0; i < 9; ++i) {
    const bool is_val = i >= 7;
    const auto& row = expected.at(is_val ? "val.beton" : "train.beton")[is_val ? i - 7 : i];
    const ReadSample sample = testing::read_one(*reader, i);
    expect_sample(sample, row);
    EXPECT_EQ(reader->items()[i].split, is_val ? 1u : 0u);
    EXPECT_EQ(reader->items()[i].name, "00000" + std::to_string(is_val ? i - 7 : i));
    EXPECT_EQ(sample.shapes.at("image"), i % 2 == 0 ? (Extents{5, 6, 3, 0}) : Extents{});
    EXPECT_EQ(sample.bytes.at("image").starts_with("\xff\xd8\xff"), i % 2 == 1);
  }
  for (const char* name : {"other/small.beton", "other/plain.beton"}) {
    const auto other = open_source("beton", kGolden / name);
    ASSERT_EQ(other->items().size(), expected.at(name).size());
    for (uint64_t i = 0; i < other->items().size(); ++i)
      expect_sample(testing::read_one(*other, i), expected.at(name)[i]);
  }
}

TEST_F(Beton, AFieldOfAnotherClassIsRefusedByName) {
  EXPECT_THAT(error_of([] { open_source("beton", kGolden / "other/own.beton"); }),
              AllOf(HasSubstr("own.beton"), HasSubstr("'own' is of a class of its own")));
}

TEST_F(Beton, NamesThatWereCutAlikeAreToldApart) {
  Bytes bytes = read_file(kGolden / "other/plain.beton");
  std::copy_n("score", 5, bytes.begin() + 24 + 1);
  const auto reader = open_source("beton", written(bytes));
  EXPECT_THAT(all_notes(*reader), HasSubstr("field 1 is called 'score_2' here"));
  EXPECT_TRUE(reader->schema().find("score_2"));
}

TEST_F(Beton, WhatContradictsItselfIsNamed) {
  const char* small = "other/small.beton";
  const Bytes bytes = read_file(kGolden / small);
  const size_t rows = 24 + 2 * 1041;
  const auto table = static_cast<size_t>(load_le<uint64_t>(bytes.data() + 16));
  EXPECT_THAT(changed<uint16_t>(small, 0, 1), HasSubstr("version 1 of .beton files is not read"));
  EXPECT_THAT(changed<uint16_t>(small, 2, 0), HasSubstr("has no field"));
  EXPECT_THAT(changed<uint16_t>(small, 2, 65535), HasSubstr("65535 fields"));
  EXPECT_THAT(changed<uint32_t>(small, 4, 1000), HasSubstr("pages of 1000 bytes"));
  EXPECT_THAT(changed<uint64_t>(small, 8, 0), HasSubstr("holds no sample"));
  EXPECT_THAT(changed<uint64_t>(small, 8, 3), HasSubstr("for each of 3 samples"));
  EXPECT_THAT(changed<uint64_t>(small, 8, ~uint64_t{0}), HasSubstr("do not fit"));
  EXPECT_THAT(changed<uint64_t>(small, 16, 0), HasSubstr("was never finished"));
  EXPECT_THAT(changed<uint64_t>(small, 16, table + 24), HasSubstr("expected whole pages"));
  EXPECT_THAT(changed<uint64_t>(small, 16, uint64_t{1} << 60), HasSubstr("is cut short"));
  EXPECT_THAT(changed<uint8_t>(small, 24, 9), HasSubstr("'image' is of type 9"));
  EXPECT_THAT(changed<uint8_t>(small, rows, 2), HasSubstr("an image of the mode 2"));
  EXPECT_THAT(changed<uint16_t>(small, rows + 1, 7), HasSubstr("expected 105"));
  EXPECT_THAT(changed<uint64_t>(small, rows + 5, 1), HasSubstr("its cell says 1"));
  EXPECT_THAT(changed<uint64_t>(small, table, 4), HasSubstr("an entry too many"));
  EXPECT_THAT(changed<uint64_t>(small, table, 1),
              AnyOf(HasSubstr("its cell says"), HasSubstr("too many")));
  Bytes wider = bytes;
  store_le<uint16_t>(wider.data() + rows + 24 + 1, 13);
  EXPECT_THAT(read_all(*open_source("beton", written(wider))).at("000001").error,
              HasSubstr("its cell says 13 x 10"));
}

// A cell and its entry that agree, and lie where no value may.
TEST_F(Beton, ValuesLieInThePagesAndApart) {
  const Bytes whole = read_file(kGolden / "other/small.beton");
  const size_t rows = 24 + 2 * 1041;
  const auto table = static_cast<size_t>(load_le<uint64_t>(whole.data() + 16));
  const auto second = load_le<uint64_t>(whole.data() + table + 24 + 8);
  const auto moved = [&](size_t sample, uint64_t offset) {
    Bytes bytes = whole;
    store_le<uint64_t>(bytes.data() + rows + sample * 24 + 5, offset);
    store_le<uint64_t>(bytes.data() + table + sample * 24 + 8, offset);
    return error_of([&] { open_source("beton", written(bytes)); });
  };
  EXPECT_THAT(moved(0, ~uint64_t{0} - 8), HasSubstr("the pages lie from"));
  EXPECT_THAT(moved(0, 100), HasSubstr("the pages lie from"));
  EXPECT_THAT(moved(0, table - 10), HasSubstr("the pages lie from"));
  EXPECT_THAT(moved(0, table - 1034), HasSubstr("cross from one page"));
  EXPECT_THAT(moved(0, second + 1), HasSubstr("lie over one another"));
  EXPECT_THAT(moved(1, second), "");
}

// A JPEG's size stands in the allocation table alone.
TEST_F(Beton, AJpegEndsWhereItsEntrySays) {
  Bytes bytes = read_file(kGolden / "other/small.beton");
  const auto table = static_cast<size_t>(load_le<uint64_t>(bytes.data() + 16));
  const size_t last = table + 3 * 24 + 16;
  for (const int by : {-20, 20}) {
    Bytes other = bytes;
    store_le(other.data() + last,
             load_le<uint64_t>(bytes.data() + last) + static_cast<uint64_t>(by));
    const auto samples = read_all(*open_source("beton", written(other)));
    EXPECT_EQ(samples.at("000001").error, "");
    EXPECT_THAT(samples.at("000003").error, HasSubstr("a.beton")) << by;
  }
}

TEST_F(Beton, EveryPrefixIsRefused) {
  for (const char* name : {"other/small.beton", "other/plain.beton", "val.beton"}) {
    const Bytes whole = read_file(kGolden / name);
    for (size_t size = 0; size < whole.size(); ++size) {
      const fs::path file = written(prefix_of(whole, size));
      EXPECT_THAT(error_of([&] { open_source("beton", file); }), HasSubstr("a.beton")) << size;
    }
  }
}

// Pixels, numbers and names have no check sums: all else is an error, or changes nothing.
TEST_F(Beton, FlippedBitsGiveTheSameSamplesOrAnError) {
  std::mt19937 random(11);
  for (const char* name : {"other/small.beton", "other/plain.beton", "val.beton"}) {
    const Bytes whole = read_file(kGolden / name);
    const auto table = static_cast<size_t>(load_le<uint64_t>(whole.data() + 16));
    const size_t fields = load_le<uint16_t>(whole.data() + 2);
    const auto samples = read_all(*open_source("beton", kGolden / name));
    for (int i = 0; i < 200; ++i) {
      Bytes damaged = whole;
      // Half of them where the structure is: the header, or the table.
      const size_t structure = i % 2 == 0 ? whole.size() : i % 4 == 1 ? 24 : whole.size() - table;
      if (structure == 0) continue;
      const size_t place = (i % 4 == 3 ? table : 0) + random() % structure;
      damaged[place] = static_cast<uint8_t>(damaged[place] ^ (1u << (random() % 8)));
      const fs::path file = written(damaged);
      std::map<std::string, ReadSample> found;
      const std::string error = error_of([&] { found = read_all(*open_source("beton", file)); });
      const bool told = !error.empty() || std::any_of(found.begin(), found.end(), [](auto& sample) {
        return !sample.second.error.empty();
      });
      const bool is_structure = place < 24 || place >= table;
      EXPECT_TRUE(told || !is_structure) << name << " " << place;
      if (told || place < 24 + fields * 1041) continue;
      ASSERT_EQ(found.size(), samples.size());
      for (const auto& [key, sample] : samples)
        for (const auto& [field, bytes] : sample.bytes)
          EXPECT_EQ(found.at(key).bytes.at(field).size(), bytes.size()) << place;
    }
  }
}

TEST_F(Beton, ADamagedFileIsLeftOutWhereThatIsWanted) {
  fs::copy_file(kGolden / "val.beton", folder_ / "val.beton");
  Bytes train = read_file(kGolden / "train.beton");
  train.resize(train.size() - 1);
  testing::overwrite(folder_ / "train.beton", train);
  EXPECT_THAT(error_of([&] { open_source("beton", folder_); }), HasSubstr("train.beton"));
  const auto rest = open_source("beton", folder_, {}, true);
  EXPECT_EQ(rest->items().size(), 2u);
  EXPECT_THAT(all_notes(*rest), HasSubstr("train.beton: left out, whole"));
}

TEST_F(Beton, FilesOfOtherFieldsAreNotJoined) {
  fs::copy_file(kGolden / "val.beton", folder_ / "val.beton");
  fs::copy_file(kGolden / "other/small.beton", folder_ / "train.beton");
  EXPECT_THAT(error_of([&] { open_source("beton", folder_); }), HasSubstr("has other fields"));
}

}  // namespace
}  // namespace stoker
