// Files of TFRecords: names, compression, and what damage does.
#include <gmock/gmock.h>
#include <zlib.h>

#include <random>

#include "formats/shard_inputs.h"
#include "tests/formats/source_samples.h"
#include "tests/formats/tfrecord_fixture.h"
#include "tests/prefix.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using namespace std::string_literals;
using testing::all_notes;
using ::testing::AllOf;
using testing::bytes_feature;
using testing::error_of;
using testing::example_of;
using testing::ExampleParts;
using ::testing::HasSubstr;
using testing::kGoldenTfRecord;
using testing::kPngFront;
using testing::open_source;
using testing::packed_ints;
using testing::read_all;
using testing::record_of;

class TfRecordFiles : public testing::TfRecordTest {};

TEST_F(TfRecordFiles, AFileCalledTfrecordThatIsNoneSaysWhy) {
  write_file_atomically(folder_ / "x.tfrecord", std::string_view("something else entirely"));
  EXPECT_EQ(detect_format({folder_ / "x.tfrecord"}).name, "tfrecord");
  EXPECT_THAT(error_of([&] { open_source("tfrecord", folder_ / "x.tfrecord"); }),
              HasSubstr("length does not match"));
}

// stoker.json says how many: a cut between two records is found out.
TEST_F(TfRecordFiles, AnotherCountThanWasWrittenIsAnError) {
  std::vector<SampleNote> notes;
  EXPECT_THAT(error_of([&] {
                check_sample_count({"a/x", 0, 3}, 2, false, notes);
              }),
              AllOf(HasSubstr("a/x"), HasSubstr("expected 3 samples")));
  check_sample_count({"a/x", 0, 3}, 2, true, notes);
  ASSERT_EQ(notes.size(), 1u);
  check_sample_count({"a/x", 0, 3}, 3, false, notes);
  check_sample_count({"a/x", 0, {}}, 3, false, notes);
  EXPECT_EQ(notes.size(), 1u);
}

TEST_F(TfRecordFiles, FilesOfOneNameInTwoFoldersHaveSamplesOfTheirOwn) {
  fs::create_directories(folder_ / "s/a");
  fs::create_directories(folder_ / "s/b");
  put("s/a/x.tfrecord", {{{"a", bytes_feature("one")}}});
  put("s/b/x.tfrecord", {{{"a", bytes_feature("two")}}});
  const auto samples = read_all(*open_source("tfrecord", folder_ / "s"));
  EXPECT_EQ(samples.at("a/x.tfrecord/000000").bytes.at("a"), "one");
  EXPECT_EQ(samples.at("b/x.tfrecord/000000").bytes.at("a"), "two");
}

TEST_F(TfRecordFiles, CompressedFilesAreKnownByContent) {
  const std::string plain = record_of(example_of({{"a", bytes_feature("one")}})) +
                            record_of(example_of({{"a", bytes_feature("two")}}));
  uLongf size = compressBound(plain.size());
  Bytes zlib(size);
  ASSERT_EQ(
      compress(zlib.data(), &size, reinterpret_cast<const Bytef*>(plain.data()), plain.size()),
      Z_OK);
  zlib.resize(size);
  write_file_atomically(folder_ / "train-00000-of-00001", zlib);
  const gzFile file = gzopen((folder_ / "train-00000-of-00002").c_str(), "wb");
  gzwrite(file, plain.data(), static_cast<unsigned>(plain.size()));
  gzclose(file);
  for (const char* name : {"train-00000-of-00001", "train-00000-of-00002"}) {
    EXPECT_EQ(detect_format({folder_ / name}).name, "tfrecord") << name;
    const auto reader = open_source("tfrecord", folder_ / name);
    EXPECT_EQ(reader->access(), SourceAccess::kInOrder);
    EXPECT_EQ(read_all(*reader).at(name + "/000001"s).bytes.at("a"), "two");
  }
}

TEST_F(TfRecordFiles, DamagedDataAreOneSamplesError) {
  const fs::path file =
      put("x", {{{"a", bytes_feature("first")}}, {{"a", bytes_feature("second")}}});
  Bytes bytes = read_file(file);
  const size_t place = std::string(as_text(bytes)).find("first");
  bytes[place] ^= 1;
  write_file_atomically(file, bytes);
  const auto samples = read_all(*open_source("tfrecord", file));
  EXPECT_THAT(samples.at("x/000000").error, AllOf(HasSubstr("checksum"), HasSubstr("byte 12")));
  EXPECT_EQ(samples.at("x/000001").bytes.at("a"), "second");
}

TEST_F(TfRecordFiles, DamagedLengthIsTheFilesError) {
  const fs::path file =
      put("x", {{{"a", bytes_feature("first")}}, {{"a", bytes_feature("second")}}});
  Bytes bytes = read_file(file);
  const size_t record = record_of(example_of({{"a", bytes_feature("first")}})).size();
  bytes[record] ^= 1;
  write_file_atomically(file, bytes);
  EXPECT_THAT(
      error_of([&] { open_source("tfrecord", file); }),
      AllOf(HasSubstr("length does not match"), HasSubstr("byte " + std::to_string(record))));
  const auto reader = open_source("tfrecord", file, {}, true);
  EXPECT_EQ(reader->items().size(), 1u);
  EXPECT_THAT(all_notes(*reader), HasSubstr("the rest of this file is lost"));
}

// One flipped bit in a name of a feature, a label or a text must not change fields or classes.
TEST_F(TfRecordFiles, DamageChangesNeitherSchemaNorClasses) {
  const Bytes whole = read_file(kGoldenTfRecord);
  const auto sound = open_source("tfrecord", kGoldenTfRecord);
  const auto expected = read_all(*sound);
  std::mt19937 random(9);
  int opened = 0;
  for (int i = 0; i < 200; ++i) {
    Bytes damaged = whole;
    const size_t place = random() % damaged.size();
    damaged[place] = static_cast<uint8_t>(damaged[place] ^ (1u << (random() % 8)));
    testing::overwrite(folder_ / "train-00000-of-00001", damaged);
    error_of([&] {
      const auto reader = open_source("tfrecord", folder_ / "train-00000-of-00001");
      ++opened;
      EXPECT_TRUE(reader->schema() == sound->schema()) << place;
      EXPECT_EQ(reader->facts().class_names, sound->facts().class_names) << place;
      int errors = 0;
      for (const auto& [name, sample] : read_all(*reader)) {
        errors += sample.error.empty() ? 0 : 1;
        if (!sample.error.empty()) continue;
        EXPECT_EQ(sample.bytes, expected.at(name).bytes) << place;
      }
      EXPECT_EQ(errors, 1) << place;
    });
  }
  EXPECT_GT(opened, 100);
}

// The same where all records look alike, so that the damaged one is believed at first: each bit of
// one record among many.
TEST_F(TfRecordFiles, DamageAmongRecordsThatLookAlikeChangesNoClasses) {
  const auto part = [](int64_t i) {
    return ExampleParts{{"image/encoded", bytes_feature(kPngFront)},
                        {"image/class/label", packed_ints({i % 3})},
                        {"image/class/text", bytes_feature("class " + std::to_string(i % 3))},
                        {"image/filename", bytes_feature("name " + std::to_string(10 + i))}};
  };
  std::vector<ExampleParts> parts;
  for (int64_t i = 0; i < 12; ++i)
    parts.push_back(part(i));
  const Bytes whole = read_file(put("x", parts));
  const auto sound = open_source("tfrecord", folder_ / "x");
  const size_t record = whole.size() / 12;
  for (size_t bit = 0; bit < 8 * (record - 12); ++bit) {
    Bytes damaged = whole;
    damaged[5 * record + 12 + bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    testing::overwrite(folder_ / "x", damaged);
    const auto reader = open_source("tfrecord", folder_ / "x");
    ASSERT_TRUE(reader->schema() == sound->schema()) << bit;
    ASSERT_EQ(reader->facts().class_names, sound->facts().class_names) << bit;
    ASSERT_EQ(reader->items()[6].name, "name 16") << bit;
    ASSERT_THAT(testing::read_one(*reader, 5).error, HasSubstr("checksum")) << bit;
    ASSERT_EQ(testing::read_one(*reader, 6).error, "") << bit;
  }
}

TEST_F(TfRecordFiles, EveryPrefixIsRefusedOrHoldsWholeRecords) {
  const Bytes whole = read_file(kGoldenTfRecord);
  const auto expected = read_all(*open_source("tfrecord", kGoldenTfRecord));
  for (size_t size = 1; size < whole.size(); ++size) {
    testing::overwrite(folder_ / "train-00000-of-00001", prefix_of(whole, size));
    const std::string error = error_of([&] {
      const auto reader = open_source("tfrecord", folder_ / "train-00000-of-00001");
      for (const auto& [name, sample] : read_all(*reader))
        EXPECT_EQ(sample.bytes.at("image"), expected.at(name).bytes.at("image"));
    });
    if (error.empty()) continue;
    EXPECT_THAT(error, HasSubstr("cut short")) << size;
  }
}

}  // namespace
}  // namespace stoker
