// Listed TIFF volumes as a source: what it says of itself and what reading gives.
#include "formats/volume_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "formats/tiff.h"
#include "formats/vesuvius.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/core/little_endian.h"
#include "libdata/core/parallel.h"
#include "libdata/volume/brick_region.h"
#include "libdata/volume/volume_fields.h"
#include "tests/temp_folder.h"
#include "tests/volume/test_volumes.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Zyx kSize{35, 9, 40};
const VolumeShape kShape{kSize, 1, DType::kUInt8};

// Three volumes of two scrolls; volume n holds make_voxels, its first voxel n more.
class VolumeReaderTest : public FolderTest {
 protected:
  void SetUp() override {
    write_file_atomically(in() / "train.csv", "id,scroll_id\n1,77\n2,88\n3,77\n");
    for (int n = 1; n <= 3; ++n) {
      put(image_path(n), image_of(n));
      put(label_path(n), make_labels(kSize));
    }
  }
  fs::path in() const {
    fs::create_directories(folder_ / "in/train_images");
    fs::create_directories(folder_ / "in/train_labels");
    return folder_ / "in";
  }
  fs::path image_path(int n) const { return in() / "train_images" / (std::to_string(n) + ".tif"); }
  fs::path label_path(int n) const { return in() / "train_labels" / (std::to_string(n) + ".tif"); }
  static Bytes image_of(int n) {
    Bytes voxels = make_voxels(kShape);
    voxels[0] = static_cast<uint8_t>(voxels[0] + n);
    return voxels;
  }
  static void put(const fs::path& path, const Bytes& voxels) {
    write_file_atomically(path, encode_tiff({kSize, voxels}, TiffCompression::kLzw));
  }
  VolumeListing list(bool labels = true) const {
    VolumeFolderOptions options;
    options.labels = labels;
    VolumeListing listing = list_vesuvius(in(), options);
    for (VolumeItem& item : listing.items)
      item.voxel_bound = static_cast<uint64_t>(kShape.voxel_count());
    return listing;
  }
  static Sample read(const VolumeReader& reader, uint64_t item) {
    Sample sample;
    sample.item = item;
    sample.name = reader.items()[item].name;
    reader.read(sample);
    return sample;
  }
  static Bytes voxels_in(const FieldValue& value) {
    return read_volume(parse_bricks(value.bytes), value.bytes);
  }
  static std::vector<std::string> fields_of(const VolumeReader& reader) {
    std::vector<std::string> names;
    for (const Field& field : reader.schema().fields)
      names.push_back(field.name);
    return names;
  }
};

TEST_F(VolumeReaderTest, SaysWhatTheSourceHolds) {
  const VolumeListing listing = list();
  const VolumeReader reader(listing, in() / ".", {.val_scrolls = {"88"}});
  EXPECT_THAT(fields_of(reader),
              ElementsAre(kImageField, kLabelField, kScrollField, kNonzeroBoxField));
  EXPECT_EQ(reader.voxels(), DType::kUInt8);
  EXPECT_THAT(reader.facts().splits, ElementsAre("train", "val"));
  ASSERT_EQ(reader.facts().sources.size(), 1u);
  EXPECT_EQ(reader.facts().sources[0].name, "in");
  ASSERT_EQ(reader.items().size(), 3u);
  for (uint64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(reader.items()[i].name, std::to_string(i + 1));
    EXPECT_EQ(reader.items()[i].split, i == 1 ? 1u : 0u);
    EXPECT_EQ(reader.items()[i].estimated_bytes, 35u * 9 * 40);
    EXPECT_EQ(reader.voxel_count(i), 35u * 9 * 40);
    const int n = static_cast<int>(i) + 1;
    EXPECT_THAT(reader.source_files(i), ElementsAre(image_path(n), label_path(n)));
  }
  EXPECT_EQ(reader.largest_voxel_bound(), 35u * 9 * 40);
  EXPECT_THROW(VolumeReader(listing, in(), {.val_scrolls = {"99"}}), Error);
  EXPECT_THROW(VolumeReader(listing, in(), {.val_scrolls = {"77", "88"}}), Error);
}

TEST_F(VolumeReaderTest, GivesTheVoxelsAsBricksOnManyThreads) {
  const VolumeListing listing = list();
  const VolumeReader reader(listing, in(), {});
  const ThreadLimit limit(7);
  run_parallel(12, [&](uint64_t i) {
    const int n = static_cast<int>(i % 3) + 1;
    const Sample sample = read(reader, i % 3);
    ASSERT_EQ(sample.values.size(), 4u);
    EXPECT_EQ(voxels_in(sample.values[0]), image_of(n));
    EXPECT_EQ(voxels_in(sample.values[1]), make_labels(kSize));
    EXPECT_EQ(volume_size(sample.values[0]), kSize);
    EXPECT_EQ(load_le<int64_t>(sample.values[2].bytes.data()), n == 2 ? 88 : 77);
    for (size_t k = 0; k < 6; ++k) {
      const int32_t expected = k < 3 ? 0 : static_cast<int32_t>(kSize[k - 3]);
      EXPECT_EQ(load_le<int32_t>(sample.values[3].bytes.data() + 4 * k), expected);
    }
    EXPECT_EQ(sample.source_path, image_path(n));
    EXPECT_EQ(sample.normalized, "");
  });
}

TEST_F(VolumeReaderTest, SamplesAreUsedAgainWithoutTracesOfTheLast) {
  const VolumeListing listing = list();
  const VolumeReader reader(listing, in(), {.image_voxels = true, .label_voxels = true});
  Sample sample;
  for (const uint64_t item : {0u, 2u, 1u, 0u}) {
    sample.clear();
    sample.item = item;
    reader.read(sample);
    const int n = static_cast<int>(item) + 1;
    ASSERT_EQ(sample.values.size(), 4u);
    EXPECT_EQ(voxels_in(sample.values[0]), image_of(n));
    EXPECT_EQ(Bytes(sample.values[0].decoded.begin(), sample.values[0].decoded.end()), image_of(n));
    EXPECT_EQ(Bytes(sample.values[1].decoded.begin(), sample.values[1].decoded.end()),
              make_labels(kSize));
  }
}

TEST_F(VolumeReaderTest, GivesPlainVoxelsAndNoLabelWhereNoneAreWanted) {
  const VolumeListing listing = list(false);
  const VolumeReader reader(listing, in(), {.image_bricks = false});
  EXPECT_THAT(fields_of(reader), ElementsAre(kImageField, kScrollField, kNonzeroBoxField));
  EXPECT_THAT(reader.source_files(0), ElementsAre(image_path(1)));
  const Sample sample = read(reader, 0);
  ASSERT_EQ(sample.values.size(), 3u);
  EXPECT_EQ(Bytes(sample.values[0].bytes.begin(), sample.values[0].bytes.end()), image_of(1));
}

// In a data set with 16-bit voxels 8-bit ones keep their place from black to white.
TEST_F(VolumeReaderTest, EightBitVoxelsAreWidenedBesideWiderOnes) {
  VolumeListing listing = list(false);
  listing.items[1].dtype = DType::kUInt16;
  const VolumeReader reader(listing, in(), {});
  EXPECT_EQ(reader.voxels(), DType::kUInt16);
  EXPECT_EQ(reader.items()[0].estimated_bytes, 2u * 35 * 9 * 40);
  const Sample sample = read(reader, 0);
  EXPECT_THAT(sample.normalized, HasSubstr("value * 257"));
  const Bytes wide = voxels_in(sample.values[0]);
  const Bytes narrow = image_of(1);
  ASSERT_EQ(wide.size(), 2 * narrow.size());
  for (size_t i = 0; i < narrow.size(); ++i)
    ASSERT_EQ(load_le<uint16_t>(wide.data() + 2 * i), narrow[i] * 257) << i;
  const VolumeReader narrowing(listing, in(), {.keep_voxels = false});
  EXPECT_EQ(narrowing.voxels(), DType::kUInt8);
}

TEST_F(VolumeReaderTest, KeysChangeWithSizesAndScroll) {
  const auto key = [&](int change) {
    VolumeListing listing = list();
    if (change == 1) ++listing.items[0].image_bytes;
    if (change == 2) ++listing.items[0].label_bytes;
    if (change == 3) ++listing.items[0].scroll;
    if (change == 4) std::swap(listing.items[0].image_bytes, listing.items[0].label_bytes);
    const VolumeReader reader(listing, in(), {});
    return reader.items()[0].content_key;
  };
  for (int change = 1; change <= 4; ++change)
    EXPECT_NE(key(change), key(0)) << change;
  EXPECT_EQ(key(0), key(0));
}

TEST_F(VolumeReaderTest, HashOfTheSourceIsThatOfImageAndLabel) {
  const VolumeListing listing = list();
  const VolumeReader reader(listing, in(), {});
  const uint64_t before = reader.hash_source(0);
  EXPECT_EQ(reader.hash_source(0), before);
  EXPECT_NE(reader.hash_source(1), before);
  Bytes labels = make_labels(kSize);
  labels[5] = labels[5] == 0 ? 1 : 0;
  put(label_path(1), labels);
  EXPECT_NE(reader.hash_source(0), before);
}

TEST_F(VolumeReaderTest, SlicesOfAFolderAreItsSources) {
  fs::remove(image_path(1));
  const Bytes voxels = image_of(1);
  const size_t plane = static_cast<size_t>(kSize[1] * kSize[2]);
  std::vector<fs::path> slices;
  for (int64_t z = 0; z < kSize[0]; ++z) {
    const auto begin = voxels.begin() + z * static_cast<ptrdiff_t>(plane);
    slices.push_back(in() / "train_images/1" / (std::to_string(100 + z) + ".tif"));
    fs::create_directories(slices.back().parent_path());
    write_file_atomically(
        slices.back(),
        encode_tiff({{1, kSize[1], kSize[2]}, Bytes(begin, begin + static_cast<ptrdiff_t>(plane))},
                    TiffCompression::kNone));
  }
  const VolumeListing listing = list(false);
  const VolumeReader reader(listing, in(), {});
  EXPECT_EQ(reader.source_files(0), slices);
  EXPECT_EQ(voxels_in(read(reader, 0).values[0]), voxels);
}

TEST_F(VolumeReaderTest, ADamagedFileIsNamedWhicheverItIs) {
  const VolumeListing listing = list();
  const VolumeReader reader(listing, in(), {});
  const auto error_of = [&] {
    try {
      read(reader, 0);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "no error";
    return Error(ErrorCode::kInternal, "");
  };
  fs::resize_file(label_path(1), fs::file_size(label_path(1)) / 2);
  EXPECT_EQ(error_of().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(error_of().path(), label_path(1).string());
  put(label_path(1), make_labels(kSize));
  Bytes three = make_labels(kSize);
  three[7] = 3;
  put(label_path(1), three);
  EXPECT_EQ(error_of().path(), label_path(1).string()) << "3 is no label";
  put(label_path(1), make_labels(kSize));
  EXPECT_NO_THROW(read(reader, 0));
  fs::resize_file(image_path(1), 100);
  EXPECT_EQ(error_of().path(), image_path(1).string());
  EXPECT_NO_THROW(read(reader, 2));
}

}  // namespace
}  // namespace stoker
