// Files that h5py wrote, as they are in the wild: rows, groups, files, filters, element types.
#include <gmock/gmock.h>

#include <array>

#include "formats/hdf5/text_labels.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/half.h"
#include "libdata/core/parallel.h"
#include "tests/formats/hdf5_fixture.h"

namespace stoker {
namespace {
using ::testing::AllOf;
using testing::bytes_of;
using ::testing::ElementsAre;
using testing::golden_hdf5;
using testing::golden_image;
using testing::golden_noise;
using testing::golden_volume;
using ::testing::HasSubstr;
using testing::number_of;
using testing::numbers_of;
using testing::open_golden;
using testing::open_hdf5;
using testing::read_item;
using testing::value_of;

std::string error_of(const std::function<void()>& work, ErrorCode code) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

std::string notes_of(const SourceReader& reader) {
  std::string notes;
  for (const SampleNote& note : reader.facts().notes)
    notes += note.name + ": " + note.reason + "\n";
  return notes;
}

void expect_images(const SourceReader& reader, uint64_t first = 0) {
  for (uint64_t n = 0; n < reader.items().size(); ++n) {
    const Sample sample = read_item(reader, n);
    const FieldValue image = value_of(reader, sample, "image");
    EXPECT_EQ(bytes_of(image), golden_image(first + n)) << n;
    EXPECT_EQ(image.shape, (Extents{6, 5, 3, 0}));
  }
}

TEST(Hdf5Reader, RowsWithEdgeChunksAndAllFiltersInAnyOrder) {
  const auto reader = open_golden("rows.h5");
  ASSERT_EQ(reader->items().size(), 7u);
  ASSERT_EQ(reader->schema().fields.size(), 2u);
  EXPECT_EQ(reader->schema().fields[0].axes, "HWC");
  EXPECT_THAT(reader->facts().class_names, ElementsAre("ant", "bee", "kööpen"));
  EXPECT_EQ(reader->items()[3].name, "insects/3.png");
  EXPECT_EQ(reader->access(), SourceAccess::kRandom);
  expect_images(*reader);
  for (const uint64_t n : {6u, 0u, 5u, 1u}) {
    EXPECT_EQ(number_of<int32_t>(*reader, n, "label"), static_cast<int32_t>(n % 3));
    EXPECT_EQ(reader->label(n), n % 3);
  }
}

TEST(Hdf5Reader, ManyThreadsReadTheSame) {
  const auto reader = open_golden("rows.h5");
  const ThreadLimit threads(8);
  run_parallel(700, [&](uint64_t i) {
    const Sample sample = read_item(*reader, i * 5 % 7);
    EXPECT_EQ(bytes_of(value_of(*reader, sample, "image")), golden_image(i * 5 % 7));
  });
}

TEST(Hdf5Reader, VolumesOf16Bits) {
  const auto reader = open_golden("volumes.h5");
  ASSERT_EQ(reader->items().size(), 4u);
  EXPECT_EQ(reader->schema().fields[0].name, "image");
  EXPECT_EQ(reader->schema().fields[0].axes, "ZYX");
  EXPECT_EQ(reader->schema().fields[0].dtype, DType::kUInt16);
  for (const uint64_t n : {3u, 1u, 0u, 2u}) {
    const Sample sample = read_item(*reader, n);
    EXPECT_EQ(numbers_of<uint16_t>(value_of(*reader, sample, "image")), golden_volume(n));
    EXPECT_EQ(number_of<int64_t>(*reader, n, "scan_index"), static_cast<int64_t>(5 * n));
  }
}

// One chunk packs, the other does not and is stored with its bit in the filter mask set.
TEST(Hdf5Reader, LzfAndBloscHonourTheFilterMask) {
  for (const char* name : {"lzf.h5", "blosc.h5"}) {
    const auto reader = open_golden(name);
    ASSERT_EQ(reader->items().size(), 2u);
    for (const uint64_t n : {0u, 1u}) {
      const Sample sample = read_item(*reader, n);
      EXPECT_EQ(bytes_of(value_of(*reader, sample, "image")),
                n == 0 ? Bytes(180, 0) : golden_noise(180))
          << name;
    }
  }
}

TEST(Hdf5Reader, FilterThatIsNotReadIsNamed) {
  EXPECT_THAT(
      error_of([] { open_golden("zstd.h5"); }, ErrorCode::kUnsupported),
      AllOf(HasSubstr("zstd.h5"), HasSubstr("images"), HasSubstr("32015"), HasSubstr("h5repack")));
}

TEST(Hdf5Reader, AnIndexThatThisLibraryIsTooOldForNamesTheWayOut) {
  EXPECT_THAT(error_of([] { open_golden("latest.h5"); }, ErrorCode::kUnsupported),
              AllOf(HasSubstr("latest.h5"), HasSubstr("images"), HasSubstr("libver"),
                    HasSubstr("h5repack --high=v114")));
}

TEST(Hdf5Reader, UserblockMovesEveryAddress) {
  const auto reader = open_golden("userblock.h5", {{"image", "plain"}});
  for (uint64_t n = 0; n < 4; ++n) {
    const Sample sample = read_item(*reader, n);
    EXPECT_EQ(numbers_of<uint16_t>(value_of(*reader, sample, "image")), golden_volume(n));
    EXPECT_EQ(numbers_of<uint16_t>(value_of(*reader, sample, "packed")), golden_volume(n));
  }
}

TEST(Hdf5Reader, WhatWasNeverWrittenIsFillValue) {
  const auto reader = open_golden("fill.h5");
  for (uint64_t n = 0; n < 7; ++n) {
    const Sample sample = read_item(*reader, n);
    EXPECT_EQ(bytes_of(value_of(*reader, sample, "image")),
              n == 4 ? golden_image(4) : Bytes(6 * 5 * 3, 9))
        << n;
    EXPECT_EQ(number_of<int32_t>(*reader, n, "label"), 0);
  }
}

TEST(Hdf5Reader, NumbersOfEveryTypeAndByteOrder) {
  const auto reader = open_golden("numbers.h5");
  for (uint64_t n = 0; n < 7; ++n) {
    const auto i = static_cast<int>(n);
    EXPECT_EQ(number_of<int32_t>(*reader, n, "label"), i % 3);
    EXPECT_EQ(number_of<uint8_t>(*reader, n, "v_u1"), i);
    EXPECT_EQ(number_of<int8_t>(*reader, n, "v_i1"), i);
    EXPECT_EQ(number_of<uint16_t>(*reader, n, "v_be_u2"), i);
    EXPECT_EQ(number_of<int16_t>(*reader, n, "v_le_i2"), i);
    EXPECT_EQ(number_of<int64_t>(*reader, n, "v_le_u4"), i);
    EXPECT_EQ(number_of<int32_t>(*reader, n, "v_be_i4"), i);
    EXPECT_EQ(number_of<int64_t>(*reader, n, "v_le_i8"), i);
    EXPECT_EQ(number_of<int64_t>(*reader, n, "v_be_u8"), i);
    EXPECT_EQ(half_to_float(number_of<uint16_t>(*reader, n, "v_le_f2")), i);
    EXPECT_EQ(half_to_float(number_of<uint16_t>(*reader, n, "v_be_f2")), i);
    EXPECT_EQ(number_of<float>(*reader, n, "v_be_f4"), i);
    EXPECT_EQ(number_of<float>(*reader, n, "v_le_f8"), i);
    EXPECT_EQ(number_of<uint8_t>(*reader, n, "flag"), i % 2);
  }
}

TEST(Hdf5Reader, RoundingAndTextsThatAreNoNamesAreNoted) {
  const auto reader = open_golden("numbers.h5");
  EXPECT_THAT(notes_of(*reader), AllOf(HasSubstr("v_le_f8: float64 is read as float32"),
                                       HasSubstr("text: is not unique")));
  EXPECT_EQ(reader->items()[5].name, "000005");
  const Sample sample = read_item(*reader, 2);
  EXPECT_EQ(as_text(value_of(*reader, sample, "text").bytes), "same");
}

TEST(Hdf5Reader, WholeImageFilesOfAnyAndOfFixedLength) {
  const auto any = open_golden("encoded.h5");
  const auto fixed = open_golden("opaque.h5");
  for (uint64_t n = 0; n < 3; ++n) {
    const Sample a = read_item(*any, n);
    const Sample b = read_item(*fixed, n);
    const Bytes file = bytes_of(value_of(*any, a, "image"));
    EXPECT_THAT(std::string(as_text(file)), ::testing::StartsWith("\x89PNG"));
    EXPECT_THAT(std::string(as_text(file)), ::testing::EndsWith("IEND\xae\x42\x60\x82"));
    EXPECT_EQ(bytes_of(value_of(*fixed, b, "image")), file);
    EXPECT_EQ(value_of(*any, a, "image").shape, Extents{});
    EXPECT_EQ(number_of<int32_t>(*any, n, "label"), static_cast<int32_t>(n));
    EXPECT_EQ(number_of<int32_t>(*fixed, n, "label"), static_cast<int32_t>(n));
  }
}

TEST(Hdf5Reader, AGroupASample) {
  const auto reader = open_golden("groups.h5");
  ASSERT_EQ(reader->items().size(), 3u);
  EXPECT_EQ(reader->items()[1].name, "000001");
  for (uint64_t n = 0; n < 3; ++n) {
    const Sample sample = read_item(*reader, n);
    const uint64_t planes = 6 - n % 2;
    std::vector<float> halves;
    Bytes odd;
    for (const uint16_t voxel : golden_volume(n, planes)) {
      halves.push_back(static_cast<float>(voxel) / 2);
      odd.push_back(voxel % 2);
    }
    EXPECT_EQ(numbers_of<float>(value_of(*reader, sample, "image")), halves);
    EXPECT_EQ(bytes_of(value_of(*reader, sample, "mask")), odd);
    EXPECT_EQ(value_of(*reader, sample, "mask").shape[0], planes);
    EXPECT_EQ(number_of<int32_t>(*reader, n, "label"), static_cast<int32_t>(n));
    EXPECT_EQ(as_text(value_of(*reader, sample, "patient").bytes), "P" + std::to_string(n));
  }
}

TEST(Hdf5Reader, AFileASample) {
  const auto reader = open_golden("slices");
  ASSERT_EQ(reader->items().size(), 3u);
  EXPECT_EQ(reader->items()[2].name, "volume_1_slice_2");
  EXPECT_EQ(reader->schema().fields[0].dtype, DType::kFloat32);
  for (uint64_t n = 0; n < 3; ++n) {
    const Sample sample = read_item(*reader, n);
    std::vector<float> quarters;
    for (const uint8_t pixel : golden_image(n))
      quarters.push_back(static_cast<float>(pixel) / 4);
    EXPECT_EQ(numbers_of<float>(value_of(*reader, sample, "image")), quarters);
    EXPECT_EQ(value_of(*reader, sample, "mask").shape, (Extents{6, 5, 3, 0}));
  }
}

TEST(Hdf5Reader, ImagesAndLabelsInFilesOfTheirOwn) {
  const auto reader = open_golden("pairs");
  ASSERT_EQ(reader->items().size(), 7u);
  const std::map<std::string, std::pair<uint64_t, uint64_t>> expected{
      {"train", {0, 4}}, {"val", {4, 2}}, {"test", {6, 1}}};
  std::map<std::string, uint64_t> seen;
  for (uint64_t i = 0; i < 7; ++i) {
    const std::string& split = reader->facts().splits[reader->items()[i].split];
    const uint64_t n = expected.at(split).first + seen[split]++;
    const Sample sample = read_item(*reader, i);
    EXPECT_EQ(bytes_of(value_of(*reader, sample, "image")), golden_image(n)) << split;
    EXPECT_EQ(number_of<int32_t>(*reader, i, "label"), static_cast<int32_t>(n % 3));
  }
  for (const auto& [split, range] : expected)
    EXPECT_EQ(seen[split], range.second) << split;
}

TEST(Hdf5Reader, SplitsInNamesOfDataSetsAndClassesBeside) {
  const auto reader = open_golden("splits.h5");
  EXPECT_EQ(reader->items().size(), 7u);
  EXPECT_THAT(reader->facts().splits, ::testing::UnorderedElementsAre("train", "test"));
  EXPECT_THAT(reader->facts().class_names, ElementsAre("ant", "bee", "cow"));
}

TEST(Hdf5Reader, TextsThatAreLabelsNameTheClasses) {
  const auto reader = open_golden("text_labels.h5");
  ASSERT_EQ(reader->items().size(), 7u);  // not the 3 rows of means and palette
  expect_images(*reader);
  EXPECT_THAT(reader->facts().class_names, ElementsAre("ant", "bee", "tern"));
  for (uint64_t n = 0; n < 7; ++n) {
    const int32_t expected = std::array{1, 0, 2}[n % 3];
    EXPECT_EQ(number_of<int32_t>(*reader, n, "label"), expected);
    EXPECT_EQ(reader->label(n), expected);
  }
  EXPECT_THAT(notes_of(*reader), HasSubstr("palette: left out"));
}

TEST(Hdf5Reader, TextsOfGroupsNameTheClassesToo) {
  const auto reader = open_golden("group_texts.h5");
  EXPECT_THAT(reader->facts().class_names, ElementsAre("ant", "bee"));
  for (const uint64_t n : {2u, 0u, 1u})
    EXPECT_EQ(number_of<int32_t>(*reader, n, "label"), n == 1 ? 0 : 1);
  expect_images(*reader);
}

TEST(Hdf5Reader, TextLabelsAreOrderedByValueWhereTheyAreNumbers) {
  const TextLabels numbers = number_texts({"10", "9", "", "10"}, {});
  EXPECT_THAT(numbers.class_names, ElementsAre("9", "10"));
  EXPECT_THAT(numbers.labels, ElementsAre(1, 0, -1, 1));
  EXPECT_EQ(numbers.empty_count, 1u);
  const TextLabels known = number_texts({"b", "a"}, {"c", "b", "a"});
  EXPECT_THAT(known.class_names, ElementsAre("c", "b", "a"));
  EXPECT_THAT(known.labels, ElementsAre(1, 2));
  EXPECT_THAT(number_texts({"b", "d"}, {"c", "b", "a"}).class_names, ElementsAre("b", "d"));
}

TEST(Hdf5Reader, ANumberAClassIsKeptAndNoted) {
  const auto reader = open_golden("one_hot.h5");
  EXPECT_THAT(notes_of(*reader), HasSubstr("labels: 3 numbers a sample are no class index"));
  EXPECT_EQ(reader->label(0), std::nullopt);
  const Sample sample = read_item(*reader, 4);
  EXPECT_EQ(numbers_of<float>(value_of(*reader, sample, "labels")), (std::vector<float>{0, 1, 0}));
}

TEST(Hdf5Reader, ElementsInOtherFilesAreReadOrMissed) {
  expect_images(*open_golden("virtual.h5"));
  EXPECT_THAT(error_of([] { open_golden("virtual_missing.h5"); }, ErrorCode::kNotFound),
              AllOf(HasSubstr("images"), HasSubstr("not_there.h5")));
  EXPECT_THAT(error_of([] { open_golden("external.h5"); }, ErrorCode::kUnsupported),
              AllOf(HasSubstr("images: a link to another file")));
}

TEST(Hdf5Reader, MatlabAxesAreTurnedBack) {
  const auto reader = open_golden("matlab.mat");
  ASSERT_EQ(reader->items().size(), 7u);
  expect_images(*reader);
  for (uint64_t n = 0; n < 7; ++n)
    EXPECT_EQ(number_of<int32_t>(*reader, n, "label"), static_cast<int32_t>(n % 3 + 1));
}

TEST(Hdf5Reader, AChoiceIsLeftToTheUser) {
  const std::string text =
      error_of([] { open_golden("ambiguous.h5"); }, ErrorCode::kInvalidArgument);
  EXPECT_THAT(text, AllOf(HasSubstr("a uint8 (6, 5, 3)"), HasSubstr("b uint8 (6, 5, 3)"),
                          HasSubstr("--field image=a")));
  expect_images(*open_golden("ambiguous.h5", {{"image", "a"}}));
  EXPECT_THAT(error_of(
                  [] {
                    open_golden("ambiguous.h5", {{"image", "c"}});
                  },
                  ErrorCode::kInvalidArgument),
              AllOf(HasSubstr("no such data set"), HasSubstr("labels int64")));
}

TEST(Hdf5Reader, KnowsItsFilesAndNoOthers) {
  for (const char* name : {"rows.h5", "userblock.h5", "matlab.mat"}) {
    FirstLook look;
    look.path = golden_hdf5(name);
    look.front = read_file(look.path);
    EXPECT_TRUE(hdf5_format().detect(look)) << name;
  }
  FirstLook text;
  text.front = Bytes(600, 'a');
  EXPECT_FALSE(hdf5_format().detect(text));
  FirstLook folder;
  folder.is_folder = true;
  folder.path = golden_hdf5("pairs");
  EXPECT_TRUE(hdf5_format().detect(folder));
  folder.path = golden_hdf5("").parent_path().parent_path() / "tiff";
  EXPECT_FALSE(hdf5_format().detect(folder));
}

}  // namespace
}  // namespace stoker
