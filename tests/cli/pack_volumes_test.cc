// pack-volumes as users call it.
#include <array>

#include "formats/tiff_volume.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/volume/brick_region.h"
#include "libdata/volume/bricks.h"
#include "libdata/volume/volume_fields.h"
#include "tests/cli/volume_command.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

class PackVolumes : public testing::VolumeCommandTest {
 protected:
  const std::string pack_ = "pack-volumes --quiet --input scrolls";
};

Bytes stored_voxels(const PackedSplit& split, uint64_t sample, size_t field) {
  const BlobView blob = split.blob(sample, field);
  return read_volume(parse_bricks(blob.bytes), blob.bytes);
}

Bytes tiff_voxels(const fs::path& path) {
  const TiffVolume volume = open_tiff_volume(path);
  Bytes voxels(volume.info.volume_bytes());
  decode_tiff(volume, voxels);
  return voxels;
}

TEST_F(PackVolumes, StoresTheVoxelsOfEveryFileUnderItsId) {
  ASSERT_EQ(run(pack_ + " --output packed").exit_code, 0);
  const PackedDataset dataset(folder_ / "packed");
  const PackedSplit& split = dataset.split("train");
  ASSERT_EQ(split.sample_count(), 5u);
  const size_t image = dataset.schema().require(kImageField);
  const size_t label = dataset.schema().require(kLabelField);
  const size_t scroll = dataset.schema().require(kScrollField);
  for (uint64_t sample = 0; sample < 5; ++sample) {
    const auto item = std::find_if(
        listing_.items.begin(), listing_.items.end(),
        [&](const VolumeItem& volume) { return volume.id == split.sample_name(sample); });
    ASSERT_NE(item, listing_.items.end());
    EXPECT_EQ(stored_voxels(split, sample, image), tiff_voxels(item->image));
    EXPECT_EQ(stored_voxels(split, sample, label), tiff_voxels(item->label));
    EXPECT_EQ(split.inline_int(sample, scroll), item->scroll);
  }
}

TEST_F(PackVolumes, SplitsByScrollAndNotesIdsWithoutFiles) {
  const auto result = run("pack-volumes --input scrolls --output packed --val-scroll 26002");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("listed, but has no files"));
  EXPECT_THAT(result.out, HasSubstr("split train: 4 samples"));
  EXPECT_THAT(result.out, HasSubstr("split val: 1 sample in"));
  const PackedDataset dataset(folder_ / "packed");
  EXPECT_EQ(dataset.split("val").sample_name(0), id(2));  // the third id is of scroll 26002
  EXPECT_EQ(dataset.manifest().notes.size(), 2u);
}

TEST_F(PackVolumes, GivesTheSameBytesForAnyThreadsPartsAndKills) {
  expect_the_same_bytes_always("pack-volumes", pack_ + " --targets distance --shard-size 100kB");
}

TEST_F(PackVolumes, TakesAFolderOfSlicesForAVolume) {
  ASSERT_EQ(run(pack_ + " --output before").exit_code, 0);
  const Volume<uint8_t> volume = decode_tiff_u8(read_file(listing_.items[1].image));
  const fs::path slices = folder_ / "scrolls/train_images" / id(1);
  fs::create_directories(slices);
  for (size_t z = 0; z < 40; ++z) {
    const auto begin = volume.voxels.begin() + static_cast<ptrdiff_t>(z * 1600);
    const Bytes page =
        encode_tiff({{1, 40, 40}, {begin, begin + 1600}}, TiffCompression::kPackBits);
    write_file_atomically(slices / ("slice" + std::to_string(z) + ".tif"), page);
  }
  fs::remove(listing_.items[1].image);
  ASSERT_EQ(run(pack_ + " --output after --order input").exit_code, 0);
  const PackedDataset dataset(folder_ / "after");
  EXPECT_EQ(stored_voxels(dataset.split("train"), 1, 0), volume.voxels);
}

TEST_F(PackVolumes, ReportsSurfacesAndMargins) {
  // A label without surface, one with nothing but ignored voxels.
  put_label(0, encode_tiff({{40, 40, 40}, Bytes(64000, 0)}, TiffCompression::kLzw));
  put_label(1, encode_tiff({{40, 40, 40}, Bytes(64000, 2)}, TiffCompression::kLzw));
  const auto result = run(pack_ + " --output packed --json report.json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("no surface: 2 volumes"));
  EXPECT_THAT(result.out, HasSubstr("nothing but ignored voxels: 1 volume: " + id(1)));
  EXPECT_THAT(result.out, HasSubstr("(z, y, x): 0, 3, 3 voxels"));
  EXPECT_THAT(text_of(folder_ / "report.json"), HasSubstr("\"only_ignored\""));
}

TEST_F(PackVolumes, DryRunWritesNothing) {
  const auto result = run(pack_ + " --output packed --dry-run");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("5 samples"));
  EXPECT_FALSE(fs::exists(folder_ / "packed"));
}

TEST_F(PackVolumes, RefusesATruncatedTiff) {
  Bytes image = read_file(listing_.items[0].image);
  image.resize(image.size() * 2 / 3);
  put_image(0, image);
  expect_refused(pack_, 0, "cut short");
}

TEST_F(PackVolumes, RefusesATextFileNamedTif) {
  put_image(3, as_bytes("version https://git-lfs.github.com/spec/v1\n"));
  expect_refused(pack_, 3, "expected a TIFF");
}

TEST_F(PackVolumes, RefusesAnEmptyFile) {
  put_label(3, {});
  expect_refused(pack_, 3, "TIFF ends at byte 0");
}

TEST_F(PackVolumes, RefusesSignedVoxels) {
  put_image(2, read_file(fs::path(STOKER_SOURCE_DIR) / "tests/golden/tiff/refused_signed.tif"));
  expect_refused(pack_, 2, "found signed of 16 bits");
}

TEST_F(PackVolumes, RefusesAnImageWithoutLabel) {
  fs::remove(listing_.items[4].label);
  expect_refused(pack_, 4, "expected a label volume");
}

TEST_F(PackVolumes, RefusesALabelOfAnotherShape) {
  put_label(1, encode_tiff({{40, 40, 39}, Bytes(62400, 1)}, TiffCompression::kLzw));
  expect_refused(pack_, 1, "label is 40 x 40 x 39 voxels (z, y, x), its image is 40 x 40 x 40");
}

TEST_F(PackVolumes, RefusesLabelValuesOtherThan012) {
  Bytes voxels(64000, 1);
  voxels[1600 * 7 + 40 * 5 + 3] = 3;
  put_label(1, encode_tiff({{40, 40, 40}, voxels}, TiffCompression::kLzw));
  expect_refused(pack_, 1, "label value 3 at z 7, y 5, x 3");
}

TEST_F(PackVolumes, RefusesAnotherTable) {
  write_file_atomically(folder_ / "scrolls/train.csv", "scroll,number\n1,2\n");
  const auto result = run(pack_ + " --output packed");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("train.csv"));
  EXPECT_THAT(result.err, HasSubstr("expected columns named id and scroll_id"));
  EXPECT_FALSE(fs::exists(folder_ / "packed"));
}

TEST_F(PackVolumes, MisuseIsExit2AndMissingInputExit3) {
  const auto unknown = run(pack_ + " --output packed --val-scroll 7");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("there are 26002, 34117, 35360"));
  EXPECT_EQ(run(pack_ + " --output packed --val-scroll 26002 34117 35360").exit_code, 2);
  EXPECT_EQ(run("pack-volumes --output packed").exit_code, 2);
  EXPECT_EQ(run("pack-volumes --input scrolls --output packed --targets nothing").exit_code, 2);
  EXPECT_EQ(run("pack-volumes --input absent --output packed").exit_code, 3);
  EXPECT_FALSE(fs::exists(folder_ / "packed"));
}

TEST_F(PackVolumes, FullDiskEndsCleanly) {
  expect_clean_end_on_a_full_disk(pack_, "200k");
}

}  // namespace
}  // namespace stoker
