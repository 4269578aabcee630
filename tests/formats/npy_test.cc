// NumPy's files: what is read of them, field by field, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "formats/npy/npy_format.h"
#include "formats/npy/npy_header.h"
#include "formats/npy/npy_source.h"
#include "formats/npy/zip_records.h"
#include "formats/stacked/strided_array.h"
#include "libdata/core/files.h"
#include "tests/formats/stacked_values.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::counted;
using ::testing::ElementsAre;
using testing::failure;
using testing::golden;
using ::testing::HasSubstr;
using testing::numbers;
using testing::open_source;
using testing::shape_of;
using ::testing::UnorderedElementsAre;

std::unique_ptr<SourceReader> open_golden(const std::string& name,
                                          std::map<std::string, std::string> fields = {}) {
  return open_source(npy_format(), {golden("npy/" + name)}, std::move(fields));
}

class NpyTest : public FolderTest {
 protected:
  void put(const std::string& name, const ElementType& type, std::vector<uint64_t> shape,
           const Bytes& elements) const {
    const uint64_t count = shape.front();
    shape.erase(shape.begin());
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    file << npy_header(type, count, shape) << as_text(elements);
  }
  void put_bytes(const std::string& name, uint64_t rows, uint64_t row) const {
    put(name, {ElementKind::kUnsigned, 1, false}, {rows, row}, Bytes(rows * row, 1));
  }
  std::unique_ptr<SourceReader> open(const std::vector<std::string>& names,
                                     std::map<std::string, std::string> fields = {}) const {
    std::vector<fs::path> paths;
    for (const std::string& name : names)
      paths.push_back(folder_ / name);
    return open_source(npy_format(), paths, std::move(fields));
  }
};

TEST(NpyGoldenTest, ImagesOfEitherOrderAreTheSamePixels) {
  for (const char* name : {"plain.npy", "fortran.npy"}) {
    const auto reader = open_golden(name, {{"image", fs::path(name).stem()}});
    ASSERT_EQ(reader->items().size(), 3u);
    EXPECT_EQ(reader->schema().fields[0].axes, "HWC");
    for (uint64_t item = 0; item < 3; ++item) {
      EXPECT_EQ(shape_of(*reader, item, "image"), (Extents{4, 5, 3, 0}));
      const auto pixels = numbers<uint8_t>(*reader, item, "image");
      ASSERT_EQ(pixels.size(), 60u);
      for (uint64_t i = 0; i < 60; ++i)
        ASSERT_EQ(pixels[i], counted(item * 60 + i)) << name;
    }
  }
}

TEST(NpyGoldenTest, BothByteOrdersAndOrdersOfAxes) {
  const auto big = open_golden("big_endian.npy");
  const auto both = open_golden("fortran_big_endian.npy");
  for (uint64_t item = 0; item < 3; ++item) {
    const auto integers = numbers<int16_t>(*big, item, "big_endian");
    const auto floats = numbers<float>(*both, item, "fortran_big_endian");
    ASSERT_EQ(integers.size(), 8u);
    ASSERT_EQ(floats.size(), 8u);
    for (uint64_t i = 0; i < 8; ++i) {
      EXPECT_EQ(integers[i], counted(item * 8 + i) - 100);
      EXPECT_EQ(floats[i], static_cast<float>(counted(item * 8 + i)) / 4);
    }
  }
}

TEST(NpyGoldenTest, VersionsAndElementTypes) {
  EXPECT_THAT(numbers<uint16_t>(*open_golden("version2.npy"), 1, "version2"),
              ElementsAre(counted(4), counted(5), counted(6), counted(7)));
  EXPECT_THAT(numbers<int64_t>(*open_golden("version3.npy"), 0, "version3"),
              ElementsAre(counted(0), counted(1), counted(2), counted(3)));
  EXPECT_THAT(numbers<uint8_t>(*open_golden("bool.npy"), 0, "bool"),
              ElementsAre(0, 1, 0, 1, 0, 1));  // 3, 10, 17 ...: the even ones
  // 3.0 in binary16 is 0x4200, 10.0 is 0x4900.
  const auto half = numbers<uint16_t>(*open_golden("half.npy"), 0, "half");
  EXPECT_EQ(half[0], 0x4200);
  EXPECT_EQ(half[1], 0x4900);
  const auto doubles = open_golden("float64.npy");
  EXPECT_EQ(doubles->schema().fields[0].dtype, DType::kFloat32);
  EXPECT_EQ(numbers<float>(*doubles, 2, "float64")[5], static_cast<float>(counted(17)) / 8);
  ASSERT_EQ(doubles->facts().notes.size(), 1u);
  EXPECT_THAT(doubles->facts().notes[0].reason, HasSubstr("rounded to float32"));
}

TEST(NpyGoldenTest, WhatIsNoPlainArrayIsRefusedAndNeverExecuted) {
  EXPECT_THAT(failure([] { open_golden("object.npy"); }), HasSubstr("never executed"));
  EXPECT_THAT(failure([] { open_golden("records.npy"); }), HasSubstr("structured array"));
  EXPECT_THAT(failure([] { open_golden("text.npy"); }), HasSubstr("'<U2'"));
  EXPECT_THAT(failure([] { open_golden("uint64.npy"); }), HasSubstr("int64 or narrower"));
}

TEST(NpyGoldenTest, SingleNumbersAndObjectsAreLeftOutOfAnArchive) {
  const auto reader = open_golden("scalars.npz");
  ASSERT_EQ(reader->schema().fields.size(), 2u);
  EXPECT_EQ(reader->label(2), 2);
  std::vector<std::string> notes;
  for (const SampleNote& note : reader->facts().notes)
    notes.push_back(note.name + ": " + note.reason);
  EXPECT_THAT(notes, UnorderedElementsAre(HasSubstr("num_classes: left out: a single number"),
                                          HasSubstr("words: left out: elements of type '|O'"),
                                          HasSubstr("nothing: left out: a shape of (4, 0)")));
}

TEST(NpyGoldenTest, LabelsThatAreNotReadAreAnErrorAndNoSetWithoutLabels) {
  EXPECT_THAT(failure([] { open_golden("text_labels.npz"); }),
              AllOf(HasSubstr("'labels' would be the field 'label'"), HasSubstr("'<U3'"),
                    HasSubstr("--field label=SOURCE")));
}

TEST(NpyGoldenTest, MedMnistHasItsSplitsAndLabels) {
  const auto reader = open_golden("pathmnist.npz");
  EXPECT_THAT(reader->facts().splits, ElementsAre("train", "val", "test"));
  EXPECT_THAT(reader->facts().class_names, ElementsAre("0", "1", "2"));
  ASSERT_EQ(reader->items().size(), 10u);
  EXPECT_EQ(reader->items()[5].split, 1u);
  EXPECT_EQ(reader->items()[5].name, "000000");
  EXPECT_EQ(reader->schema().fields[1].name, "label");
  EXPECT_EQ(reader->schema().fields[1].dtype, DType::kInt32);
  for (uint64_t item = 0; item < 5; ++item) {
    EXPECT_EQ(reader->label(item), static_cast<int64_t>(item % 3));
    EXPECT_THAT(numbers<int32_t>(*reader, item, "label"),
                ElementsAre(static_cast<int32_t>(item % 3)));
    const auto pixels = numbers<uint8_t>(*reader, item, "image");
    ASSERT_EQ(pixels.size(), 192u);
    EXPECT_EQ(pixels[100], counted(item * 192 + 100));
  }
  EXPECT_EQ(reader->access(), SourceAccess::kRandom);
}

TEST(NpyGoldenTest, MedMnist3dIsVolumesAndChestIsManyLabels) {
  const auto organ = open_golden("organmnist3d.npz");
  EXPECT_EQ(organ->schema().fields[0].axes, "ZYX");
  EXPECT_EQ(shape_of(*organ, 1, "image"), (Extents{8, 9, 10, 0}));
  EXPECT_EQ(numbers<uint8_t>(*organ, 1, "image")[719], counted(1439));
  const auto chest = open_golden("chestmnist.npz");
  const Field& labels = chest->schema().fields[1];
  EXPECT_EQ(labels.name, "labels");
  EXPECT_EQ(labels.storage, Storage::kInline);
  EXPECT_THAT(labels.shape, ElementsAre(14));
  EXPECT_EQ(shape_of(*chest, 0, "image"), (Extents{8, 8, 1, 0}));
  EXPECT_EQ(numbers<uint8_t>(*chest, 3, "labels")[13], counted(3 * 14 + 13) % 2);
}

TEST(NpyGoldenTest, KerasMnist) {
  const auto reader = open_golden("mnist.npz");
  EXPECT_THAT(reader->facts().splits, ElementsAre("train", "test"));
  EXPECT_EQ(reader->schema().fields.size(), 2u);
  EXPECT_EQ(reader->label(6), 1);
}

TEST(NpyNameTest, SplitsStandInFrontOrBehind) {
  const auto of = [](const std::string& name) {
    const ArrayName found = parse_array_name(name);
    return found.split + "|" + found.field;
  };
  EXPECT_EQ(of("train_images"), "train|images");
  EXPECT_EQ(of("x_train"), "train|x");
  EXPECT_EQ(of("validation/mask"), "val|mask");
  EXPECT_EQ(of("test"), "test|");
  EXPECT_EQ(of("feature_mean"), "|feature_mean");
  EXPECT_EQ(of("x"), "|x");
}

TEST_F(NpyTest, ChannelsInFrontAreTurnedAndAlphaIsLeftOut) {
  Bytes planes(2 * 3 * 5 * 6);
  for (size_t i = 0; i < planes.size(); ++i)
    planes[i] = static_cast<uint8_t>(i);
  put("x.npy", {}, {2, 3, 5, 6}, planes);
  const auto reader = open({"x.npy"});
  EXPECT_EQ(shape_of(*reader, 1, "image"), (Extents{5, 6, 3, 0}));
  const auto pixels = numbers<uint8_t>(*reader, 1, "image");
  // Pixel y, x, c of sample 1 is at ((1 * 3 + c) * 5 + y) * 6 + x.
  for (size_t i = 0; i < 90; ++i)
    ASSERT_EQ(pixels[i], ((3 + i % 3) * 5 + i / 18) * 6 + i / 3 % 6);
  put("rgba.npy", {}, {1, 1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_THAT(numbers<uint8_t>(*open({"rgba.npy"}, {{"image", "rgba"}}), 0, "image"),
              ElementsAre(1, 2, 3, 5, 6, 7));
}

TEST_F(NpyTest, FilesOfAFolderAreFieldsOfTheirSplits) {
  put_bytes("set/train_x.npy", 4, 3);
  put_bytes("set/train_weights.npy", 4, 2);
  put_bytes("set/val/x.npy", 2, 3);
  put_bytes("set/val/weights.npy", 2, 2);
  put_bytes("set/train_mean.npy", 1, 3);
  const auto reader = open({"set"});
  EXPECT_THAT(reader->facts().splits, ElementsAre("train", "val"));
  ASSERT_EQ(reader->schema().fields.size(), 2u);
  EXPECT_EQ(reader->schema().fields[1].name, "weights");
  EXPECT_EQ(reader->items().size(), 6u);
  ASSERT_EQ(reader->facts().notes.size(), 1u);
  EXPECT_THAT(reader->facts().notes[0].reason, HasSubstr("1 rows, where there are 4"));
}

TEST_F(NpyTest, AnArrayAmongImagesMakesNoFolderOfArrays) {
  put_bytes("set/mean.npy", 1, 3);
  const auto detected = [&] { return npy_format().detect(look_at(folder_ / "set")); };
  EXPECT_TRUE(detected());
  std::ofstream(folder_ / "set/plot.png") << "one";
  EXPECT_TRUE(detected());
  std::ofstream(folder_ / "set/plot2.png") << "two";
  EXPECT_FALSE(detected());
  fs::remove(folder_ / "set/plot2.png");
  fs::create_directories(folder_ / "set/train/cat");
  EXPECT_TRUE(detected());
  std::ofstream(folder_ / "set/train/cat/0.jpg") << "three";
  EXPECT_FALSE(detected());
}

TEST_F(NpyTest, AmbiguousNamesAreSettledByField) {
  put_bytes("x.npy", 4, 3);
  put_bytes("images.npy", 4, 3);
  EXPECT_THAT(failure([&] {
                open({"x.npy", "images.npy"});
              }),
              AllOf(HasSubstr("'x' and 'images'"), HasSubstr("--field image=images")));
  const auto reader = open({"x.npy", "images.npy"}, {{"image", "images"}});
  EXPECT_EQ(reader->schema().fields[0].name, "image");
  EXPECT_EQ(reader->schema().fields[1].name, "x");
  EXPECT_THAT(failure([&] { open({"x.npy"}, {{"label", "t"}}); }), HasSubstr("the source has x"));
}

TEST_F(NpyTest, LengthsThatDifferAreRefused) {
  put_bytes("x.npy", 4, 3);
  put("y.npy", {}, {3}, {0, 1, 2});
  EXPECT_THAT(failure([&] {
                open({"x.npy", "y.npy"});
              }),
              AllOf(HasSubstr("'image' has 4"), HasSubstr("'label' has 3")));
}

TEST_F(NpyTest, ASplitWithoutLabelsHasMinusOne) {
  put_bytes("x_train.npy", 2, 3);
  put_bytes("x_test.npy", 2, 3);
  put("y_train.npy", {}, {2}, {0, 1});
  const auto reader = open({"x_train.npy", "x_test.npy", "y_train.npy"});
  EXPECT_EQ(reader->label(1), 1);
  EXPECT_EQ(reader->label(3), -1);
  EXPECT_THAT(reader->facts().class_names, ElementsAre("0", "1"));
}

TEST_F(NpyTest, ValuesThatDoNotFitAreErrorsOfTheirSample) {
  Bytes doubles(16);
  store_le(doubles.data(), 1e300);
  store_le(doubles.data() + 8, 0.5);
  put("w.npy", {ElementKind::kFloat, 8, false}, {2}, doubles);
  const auto reader = open({"w.npy"});
  EXPECT_THAT(failure([&] { testing::read_sample(*reader, 0); }),
              AllOf(HasSubstr("w.npy"), HasSubstr("does not fit float32")));
  EXPECT_THAT(numbers<float>(*reader, 1, "w"), ElementsAre(0.5f));
}

TEST(NpyHeaderTest, ItsSizeDoesNotDependOnTheNumberOfSamples) {
  const ElementType type{ElementKind::kFloat, 4, false};
  for (const uint64_t count : {uint64_t{0}, uint64_t{10}, uint64_t{1} << 40}) {
    const std::string text = npy_header(type, count, {28, 28});
    EXPECT_EQ(text.size(), 128u);
    const NpyHeader header = parse_npy_header(as_bytes(text));
    EXPECT_THAT(header.shape, ElementsAre(count, 28, 28));
    EXPECT_EQ(header.type, type);
    EXPECT_EQ(header.size_bytes, 128u);
  }
}

TEST(NpyHeaderTest, ShapesThatNoFileHoldsAreRefused) {
  EXPECT_THAT(failure([] {
                array_bytes({uint64_t{1} << 40, uint64_t{1} << 40}, {});
              }),
              HasSubstr("more than any file holds"));
  EXPECT_THAT(failure([] { array_bytes({3, 0}, {}); }), HasSubstr("no elements"));
}

TEST(ZipTest, WhatIsWrittenIsListed) {
  ZipMember member;
  member.name = "image.npy";
  member.begin = zip_local_header_bytes(member.name);
  member.size = member.plain_size = 5;
  member.crc = 7;
  const std::string archive =
      zip_local_header(member) + "bytes" + zip_directory({&member, 1}, member.begin + 5);
  const auto listed = list_zip(as_bytes(archive));
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].name, member.name);
  EXPECT_EQ(listed[0].begin, member.begin);
  EXPECT_EQ(listed[0].size, 5u);
  EXPECT_EQ(listed[0].crc, 7u);
}

// Every prefix is refused; of a flipped byte either an error comes or, in an archive, the same
// data.
class DamageTest : public NpyTest, public ::testing::WithParamInterface<const char*> {
 protected:
  std::unique_ptr<SourceReader> open_damaged(const Bytes& bytes) {
    const fs::path path = folder_ / GetParam();
    testing::write_quickly(path, bytes);
    return open_source(npy_format(), {path});
  }
};

TEST_P(DamageTest, PrefixesAreRefused) {
  const Bytes whole = read_file(golden(std::string("npy/") + GetParam()));
  for (size_t size = 0; size<whole.size(); size += whole.size()> 600 ? 3 : 1) {
    const Bytes prefix(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_NE(failure([&] { testing::read_all(*open_damaged(prefix)); }), "no error") << size;
  }
}

TEST_P(DamageTest, FlippedBytesAreErrorsOrHarmless) {
  const std::string name = GetParam();
  const Bytes whole = read_file(golden("npy/" + name));
  const auto sound = open_golden(name);
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    Bytes damaged = whole;
    damaged[random() % damaged.size()] ^= static_cast<uint8_t>(1u << (random() % 8));
    failure([&] {
      const auto reader = open_damaged(damaged);
      const uint64_t samples = testing::read_all(*reader);
      if (!name.ends_with(".npz")) return;  // .npy files have no checksums
      ASSERT_EQ(samples, sound->items().size()) << round;
      for (uint64_t item = 0; item < samples; ++item)
        ASSERT_EQ(reader->hash_source(item), sound->hash_source(item)) << round;
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, DamageTest,
                         ::testing::Values("plain.npy", "fortran_big_endian.npy", "pathmnist.npz",
                                           "mnist.npz"));

}  // namespace
}  // namespace stoker
