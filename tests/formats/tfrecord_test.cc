#include <gmock/gmock.h>
#include <zlib.h>

#include <random>

#include "formats/plain_fields.h"
#include "formats/shard_inputs.h"
#include "formats/tfrecord/example_encode.h"
#include "formats/tfrecord/tfrecord_writer.h"
#include "libdata/image/image_codec.h"
#include "tests/formats/example_bytes.h"
#include "tests/formats/source_samples.h"
#include "tests/prefix.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using namespace std::string_literals;
using testing::all_notes;
using ::testing::AllOf;
using testing::bytes_feature;
using ::testing::ElementsAre;
using testing::error_of;
using testing::example_of;
using testing::ExampleParts;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::open_source;
using testing::packed_floats;
using testing::packed_ints;
using testing::read_all;
using testing::ReadSample;
using testing::record_of;
using testing::single_floats;
using testing::single_ints;

const fs::path kGolden = fs::path(STOKER_SOURCE_DIR) / "tests/golden/tfrecord/train-00000-of-00001";
const std::string kPng = "\x89PNG\r\n\x1a\n and so on";

std::vector<std::string> field_names(const SourceReader& reader) {
  std::vector<std::string> names;
  for (const Field& field : reader.schema().fields)
    names.push_back(field.name);
  return names;
}

int64_t int64_of(const std::string& bytes, size_t index = 0) {
  return load_le<int64_t>(reinterpret_cast<const uint8_t*>(bytes.data()) + 8 * index);
}

class TfRecord : public FolderTest {
 protected:
  fs::path put(const std::string& name, const std::vector<ExampleParts>& examples) const {
    std::string file;
    for (const ExampleParts& parts : examples)
      file += record_of(example_of(parts));
    write_file_atomically(folder_ / name, file);
    return folder_ / name;
  }
};

// ---- Bytes of others.

// 108 bytes that a script without TensorFlow wrote and PyPI's tfrecord 1.14.6 read back.
TEST_F(TfRecord, KnownRecordIsReadAndWritten) {
  const std::string data =
      "\x0a\x5a"
      "\x0a\x17\x0a\x0d"
      "image/encoded"
      "\x12\x06\x0a\x04\x0a\x02\xff\xd8"
      "\x0a\x1a\x0a\x11"
      "image/class/label"
      "\x12\x05\x1a\x03\x0a\x01\x07"
      "\x0a\x23\x0a\x12"
      "image/class/synset"
      "\x12\x0d\x0a\x0b\x0a\x09"
      "n01440764";
  const std::string file = "\x5c\0\0\0\0\0\0\0\xc9\xcd\xf9\x8f"s + data + "\x21\x99\x07\x95"s;
  ASSERT_EQ(file.size(), 108u);
  write_file_atomically(folder_ / "x", file);
  EXPECT_EQ(detect_format({folder_ / "x"}).name, "tfrecord");
  // No image in full: taken as bytes.
  const auto samples =
      read_all(*open_source("tfrecord", folder_ / "x", {{"body", "image/encoded"}}));
  EXPECT_EQ(samples.at("x/000000").bytes.at("body"), "\xff\xd8");
  EXPECT_EQ(samples.at("x/000000").label(), 7);

  ExampleBuilder builder;
  builder.add_bytes("image/encoded", as_bytes("\xff\xd8"));
  const int64_t label = 7;
  builder.add_int64("image/class/label", {&label, 1});
  builder.add_bytes("image/class/synset", as_bytes("n01440764"));
  std::string written;
  for (const ByteSpan piece : builder.record())
    written += as_text(piece);
  EXPECT_EQ(written, file);
}

TEST_F(TfRecord, FileOfTheTfrecordPackageIsReadWhole) {
  const auto reader = open_source("tfrecord", kGolden);
  EXPECT_THAT(field_names(*reader), ElementsAre("image", "label", "box", "counts", "score"));
  EXPECT_THAT(reader->facts().class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(reader->facts().splits, ElementsAre("train"));
  const auto samples = read_all(*reader);
  ASSERT_EQ(samples.size(), 4u);
  for (int i = 0; i < 4; ++i) {
    const ReadSample& sample = samples.at(std::to_string(i) + ".png");
    ASSERT_EQ(sample.error, "");
    EXPECT_EQ(sample.label(), i % 2);
    EXPECT_EQ(decode_image(as_bytes(sample.bytes.at("image"))).pixels,
              Bytes(60, static_cast<uint8_t>(40 * i)));
    EXPECT_EQ(sample.bytes.at("score"), testing::float_bytes({0.5f * static_cast<float>(i)}));
    EXPECT_EQ(sample.bytes.at("box"),
              testing::float_bytes({0.25f, 0.5f, 0.75f, static_cast<float>(i)}));
    EXPECT_EQ(sample.shapes.at("counts")[0], static_cast<uint32_t>(i + 1));
    EXPECT_EQ(int64_of(sample.bytes.at("counts"), static_cast<size_t>(i)), i);
  }
}

// ---- Forms that writers choose.

TEST_F(TfRecord, PackedAndUnpackedListsInAnyOrderAreTheSame) {
  const ExampleParts packed{{"image", bytes_feature(kPng)},
                            {"label", packed_ints({3})},
                            {"ids", packed_ints({-1, int64_t{1} << 40})},
                            {"score", packed_floats({0.5f, -2.0f})}};
  const ExampleParts single{{"score", single_floats({0.5f, -2.0f})},
                            {"ids", single_ints({-1, int64_t{1} << 40})},
                            {"label", single_ints({3})},
                            {"image", bytes_feature(kPng)}};
  const auto samples = read_all(*open_source("tfrecord", put("x", {packed, single})));
  const ReadSample& sample = samples.at("x/000000");
  EXPECT_EQ(sample.bytes, samples.at("x/000001").bytes);
  EXPECT_EQ(int64_of(sample.bytes.at("ids"), 0), -1);
  EXPECT_EQ(int64_of(sample.bytes.at("ids"), 1), int64_t{1} << 40);
}

TEST_F(TfRecord, UnknownFieldsOfTheMessagesArePassedOver) {
  const std::string odd = testing::pb_integer(9, 300) + testing::pb_bytes(10, "new") +
                          testing::pb_number(11 * 8 + 1) + "12345678" +
                          testing::pb_number(12 * 8 + 5) + "1234";
  const std::string feature = odd + bytes_feature("value") + odd;
  const std::string entry = odd + testing::pb_bytes(2, feature) + testing::pb_bytes(1, "key") + odd;
  const std::string example = odd + testing::pb_bytes(1, odd + testing::pb_bytes(1, entry)) + odd;
  write_file_atomically(folder_ / "x", record_of(example));
  EXPECT_EQ(read_all(*open_source("tfrecord", folder_ / "x")).at("x/000000").bytes.at("key"),
            "value");
}

// As protocol buffers merge: the last value of a key counts.
TEST_F(TfRecord, OfAKeyThatComesTwiceTheLastCounts) {
  const auto reader = open_source(
      "tfrecord", put("x", {{{"a", bytes_feature("old")}, {"a", bytes_feature("new")}}}));
  EXPECT_EQ(read_all(*reader).at("x/000000").bytes.at("a"), "new");
}

TEST_F(TfRecord, SequenceExamplesAreRefused) {
  write_file_atomically(folder_ / "x",
                        record_of(testing::pb_bytes(1, "") + testing::pb_bytes(2, "")));
  EXPECT_THAT(error_of([&] { open_source("tfrecord", folder_ / "x"); }),
              HasSubstr("SequenceExample"));
}

// ---- Fields.

TEST_F(TfRecord, FieldsHaveTheTypesOfTheirFeatures) {
  const auto parts = [](const std::string& more, const std::vector<int64_t>& list) {
    return ExampleParts{
        {"one", packed_ints({5})},
        {"two", packed_floats({1, 2})},
        {"list", packed_ints(list)},
        {"text", bytes_feature("grün " + more)},
        {"raw", bytes_feature("\xff\0\1"s + more)},
        {"mask", bytes_feature(kPng + more)},
        {"many", testing::pb_bytes(1, testing::pb_bytes(1, "a") + testing::pb_bytes(1, "b"))}};
  };
  const auto reader = open_source("tfrecord", put("x", {parts("a", {1}), parts("b", {1, 2})}));
  const Schema& schema = reader->schema();
  EXPECT_THAT(field_names(*reader), ElementsAre("list", "mask", "one", "raw", "text", "two"));
  const auto field = [&](const char* name) { return schema.fields[schema.require(name)]; };
  EXPECT_EQ(field("one").storage, Storage::kInline);
  EXPECT_EQ(field("one").dtype, DType::kInt64);
  EXPECT_EQ(field("two").shape, std::vector<int64_t>{2});
  EXPECT_EQ(field("two").dtype, DType::kFloat32);
  EXPECT_EQ(field("list").storage, Storage::kBlob);
  EXPECT_EQ(field("mask").axes, "HWC");
  EXPECT_EQ(field("raw").unit, "");
  EXPECT_EQ(field("text").unit, "utf-8");
  EXPECT_THAT(all_notes(*reader), HasSubstr("many: left out"));
  EXPECT_EQ(read_all(*reader).at("x/000001").shapes.at("list")[0], 2u);
}

TEST_F(TfRecord, FieldsAreRenamedAndLabelsChosen) {
  const fs::path file = put("x", {{{"photo", bytes_feature(kPng)}, {"kind", packed_ints({4})}}});
  const auto reader = open_source("tfrecord", file, {{"image", "photo"}, {"label", "kind"}});
  EXPECT_THAT(field_names(*reader), ElementsAre("image", "label"));
  EXPECT_EQ(reader->label(0), 4);
  EXPECT_THAT(error_of([&] {
                open_source("tfrecord", file, {{"image", "picture"}});
              }),
              AllOf(HasSubstr("picture"), HasSubstr("kind, photo")));
}

TEST_F(TfRecord, PixelsTakeTheirShapeFromFeaturesBeside) {
  const auto reader =
      open_source("tfrecord", put("x", {{{"image_raw", bytes_feature(std::string(24, 'p'))},
                                         {"height", packed_ints({2})},
                                         {"width", packed_ints({4})},
                                         {"depth", packed_ints({3})}}}));
  EXPECT_EQ(read_all(*reader).at("x/000000").shapes.at("image"), (Extents{2, 4, 3, 0}));
}

TEST_F(TfRecord, BytesThatAreNoImageNameTheWayOut) {
  const fs::path file =
      put("x", {{{"image", bytes_feature(std::string(24, 'p'))}, {"label", packed_ints({1})}}});
  EXPECT_THAT(read_all(*open_source("tfrecord", file)).at("x/000000").error,
              HasSubstr("--field pixels=image"));
  const auto kept = open_source("tfrecord", file, {{"pixels", "image"}});
  EXPECT_THAT(field_names(*kept), ElementsAre("label", "pixels"));
}

TEST_F(TfRecord, AFileCalledTfrecordThatIsNoneSaysWhy) {
  write_file_atomically(folder_ / "x.tfrecord", std::string_view("something else entirely"));
  EXPECT_EQ(detect_format({folder_ / "x.tfrecord"}).name, "tfrecord");
  EXPECT_THAT(error_of([&] { open_source("tfrecord", folder_ / "x.tfrecord"); }),
              HasSubstr("length does not match"));
}

// stoker.json says how many: a cut between two records is found out.
TEST_F(TfRecord, AnotherCountThanWasWrittenIsAnError) {
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

TEST_F(TfRecord, FeaturesThatSomeLackAreEmptyThere) {
  const auto reader = open_source(
      "tfrecord", put("x", {{{"label", packed_ints({1})}, {"note", bytes_feature("n")}},
                            {{"note", bytes_feature("m")}, {"extra", packed_ints({1})}}}));
  const auto samples = read_all(*reader);
  EXPECT_EQ(samples.at("x/000001").label(), -1);
  EXPECT_EQ(samples.at("x/000000").bytes.at("extra"), "");
  EXPECT_THAT(all_notes(*reader), HasSubstr("label: 1 samples have none"));
}

TEST_F(TfRecord, AFeatureOfTwoKindsIsRefused) {
  EXPECT_THAT(
      error_of([&] {
        open_source("tfrecord", put("x", {{{"a", packed_ints({1})}}, {{"a", packed_floats({1})}}}));
      }),
      AllOf(HasSubstr("'a'"), HasSubstr("int64"), HasSubstr("float")));
}

// ---- Classes and names.

TEST_F(TfRecord, LabelsFromOneAreKeptAndNoted) {
  const auto part = [](int64_t label, const char* text) {
    return ExampleParts{{"image/encoded", bytes_feature(kPng)},
                        {"image/class/label", packed_ints({label})},
                        {"image/class/text", bytes_feature(text)}};
  };
  const auto reader =
      open_source("tfrecord", put("train-00000-of-00001", {part(1, "tench"), part(2, "goldfish")}));
  EXPECT_EQ(reader->label(0), 1);
  EXPECT_THAT(reader->facts().class_names, ElementsAre("background", "tench", "goldfish"));
  EXPECT_THAT(all_notes(*reader), HasSubstr("labels are 1 to 2"));
}

TEST_F(TfRecord, ClassNamesStandBeside) {
  const auto part = [](int64_t label) { return ExampleParts{{"label", packed_ints({label})}}; };
  const fs::path file = put("mnist-test.tfrecord-00000-of-00001", {part(0), part(1)});
  write_file_atomically(folder_ / "label.labels.txt", std::string_view("ant\nbee\n"));
  const auto tfds = open_source("tfrecord", file);
  EXPECT_THAT(tfds->facts().class_names, ElementsAre("ant", "bee"));
  EXPECT_THAT(tfds->facts().splits, ElementsAre("test"));
  write_file_atomically(folder_ / "labels.txt", std::string_view("0:cat\n1:dog\n"));
  EXPECT_THAT(open_source("tfrecord", file)->facts().class_names, ElementsAre("cat", "dog"));
}

TEST_F(TfRecord, NamesThatRepeatBecomeNumbers) {
  const auto part = [](const char* name) {
    return ExampleParts{{"a", packed_ints({1})}, {"image/filename", bytes_feature(name)}};
  };
  const auto unique = open_source("tfrecord", put("x", {part("p"), part("q")}));
  EXPECT_EQ(unique->items()[1].name, "q");
  const auto twins = open_source("tfrecord", put("y", {part("p"), part("p"), part("p")}));
  EXPECT_EQ(twins->items()[2].name, "y/000002");
  EXPECT_THAT(all_notes(*twins), HasSubstr("called so"));
}

ExampleParts class_of(int64_t label, const char* text, const char* synset) {
  return {{"image/encoded", bytes_feature(kPng)},
          {"image/class/label", packed_ints({label})},
          {"image/class/synset", bytes_feature(synset)},
          {"image/class/text", bytes_feature(text)}};
}

// Two classes of ImageNet are called 'crane'.
TEST_F(TfRecord, SynsetsNameClassesWhoseTextsAreAlike) {
  const fs::path file = put("train-00000-of-00001",
                            {class_of(1, "tench", "n01440764"), class_of(2, "crane", "n02012849"),
                             class_of(3, "crane", "n03126707")});
  const auto reader = open_source("tfrecord", file);
  EXPECT_THAT(reader->facts().class_names,
              ElementsAre("background", "n01440764", "n02012849", "n03126707"));
  EXPECT_THAT(all_notes(*reader), HasSubstr("--field label=image/class/synset"));
  const auto from_zero = open_source("tfrecord", file, {{"label", "image/class/synset"}});
  EXPECT_THAT(from_zero->facts().class_names, ElementsAre("n01440764", "n02012849", "n03126707"));
  EXPECT_EQ(from_zero->label(0), 0);
  EXPECT_EQ(from_zero->label(2), 2);
}

TEST_F(TfRecord, TextsAreTheLabelWhereThereAreNoNumbers) {
  const auto part = [](const char* text) {
    return ExampleParts{{"image/encoded", bytes_feature(kPng)},
                        {"image/class/text", bytes_feature(text)}};
  };
  const auto reader = open_source("tfrecord", put("x", {part("dog"), part("cat")}));
  EXPECT_THAT(field_names(*reader), ElementsAre("image", "label"));
  EXPECT_THAT(reader->facts().class_names, ElementsAre("cat", "dog"));
  EXPECT_EQ(reader->label(0), 1);
}

TEST_F(TfRecord, SeveralLabelsASampleStayNumbersAndAreNoted) {
  const fs::path file =
      put("x", {{{"image", bytes_feature(kPng)}, {"label", packed_ints({1})}},
                {{"image", bytes_feature(kPng)}, {"label", packed_ints({0, 2})}}});
  const auto reader = open_source("tfrecord", file);
  const Field& field = reader->schema().fields[reader->schema().require("label")];
  EXPECT_EQ(field.dtype, DType::kInt64);
  EXPECT_EQ(field.axes, "I");
  EXPECT_EQ(reader->label(0), std::nullopt);
  EXPECT_THAT(all_notes(*reader), HasSubstr("label: is no class"));
  EXPECT_THAT(error_of([&] {
                open_source("tfrecord", file, {{"label", "label"}});
              }),
              HasSubstr("up to 2 values of kind int64"));
}

TEST_F(TfRecord, ALabelThatIsAFloatIsNoClassAndTheNextOneIs) {
  const auto reader = open_source(
      "tfrecord", put("x", {{{"class", packed_ints({3})}, {"label", packed_floats({0.5f})}}}));
  EXPECT_THAT(error_of([&] {
                open_source("tfrecord", folder_ / "x", {{"label", "label"}});
              }),
              HasSubstr("kind float"));
  const auto alone = open_source("tfrecord", put("y", {{{"label", packed_floats({0.5f})}}}));
  EXPECT_EQ(alone->label(0), std::nullopt);
  EXPECT_EQ(reader->label(0), 3);
}

TEST_F(TfRecord, LabelsInTwoFeaturesNeedAChoice) {
  const fs::path file = put("x", {{{"label", packed_ints({1})}}, {{"class", packed_ints({2})}}});
  EXPECT_THAT(error_of([&] { open_source("tfrecord", file); }), HasSubstr("--field label=label"));
  EXPECT_EQ(open_source("tfrecord", file, {{"label", "class"}})->label(1), 2);
}

// ---- Files.

TEST_F(TfRecord, FilesOfOneNameInTwoFoldersHaveSamplesOfTheirOwn) {
  fs::create_directories(folder_ / "s/a");
  fs::create_directories(folder_ / "s/b");
  put("s/a/x.tfrecord", {{{"a", bytes_feature("one")}}});
  put("s/b/x.tfrecord", {{{"a", bytes_feature("two")}}});
  const auto samples = read_all(*open_source("tfrecord", folder_ / "s"));
  EXPECT_EQ(samples.at("a/x.tfrecord/000000").bytes.at("a"), "one");
  EXPECT_EQ(samples.at("b/x.tfrecord/000000").bytes.at("a"), "two");
}

TEST_F(TfRecord, CompressedFilesAreKnownByContent) {
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

TEST_F(TfRecord, DamagedDataAreOneSamplesError) {
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

TEST_F(TfRecord, DamagedLengthIsTheFilesError) {
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
TEST_F(TfRecord, DamageChangesNeitherSchemaNorClasses) {
  const Bytes whole = read_file(kGolden);
  const auto sound = open_source("tfrecord", kGolden);
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
TEST_F(TfRecord, DamageAmongRecordsThatLookAlikeChangesNoClasses) {
  const auto part = [](int64_t i) {
    return ExampleParts{{"image/encoded", bytes_feature(kPng)},
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

TEST_F(TfRecord, EveryPrefixIsRefusedOrHoldsWholeRecords) {
  const Bytes whole = read_file(kGolden);
  const auto expected = read_all(*open_source("tfrecord", kGolden));
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

TEST(TfRecordRefuse, FieldsThatMeetInOneKey) {
  Schema schema;
  schema.fields = {encoded_image_field("image"), any_bytes_field("image/height")};
  EXPECT_THAT(error_of([&] { TfRecordOutput("x").refuse(schema); }),
              AllOf(HasSubstr("'image/height'"), HasSubstr("--drop image/height")));
  schema.fields = {encoded_image_field("image"), class_index_field(), any_bytes_field("height")};
  EXPECT_EQ(error_of([&] { TfRecordOutput("x").refuse(schema); }), "");
}

}  // namespace
}  // namespace stoker
