// Volumes as people really have them: without labels, of 16 bits, with names and files gone astray.
#include <gmock/gmock.h>

#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>

#include "formats/tiff.h"
#include "libdata/core/files.h"
#include "libdata/core/random.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/volume/brick_region.h"
#include "libdata/volume/bricks.h"
#include "libdata/volume/features.h"
#include "libdata/volume/volume_fields.h"
#include "tests/cli/command.h"
#include "tests/formats/tiff_builder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::stack_of;
using testing::TiffPageSpec;

constexpr uint32_t kSide = 20;
constexpr size_t kVoxels = size_t{kSide} * kSide * kSide;

template <typename Voxel>
std::vector<Voxel> noise(uint64_t seed, uint64_t below) {
  RandomStream random(seed, 0, 0);
  std::vector<Voxel> voxels(kVoxels);
  for (Voxel& voxel : voxels)
    voxel = static_cast<Voxel>(random.next_below(below));
  return voxels;
}

template <typename Voxel>
Bytes cube(const std::vector<Voxel>& voxels) {
  return stack_of(kSide, kSide, kSide, voxels);
}

Bytes gray(uint64_t seed) {
  return cube(noise<uint8_t>(seed, 256));
}
Bytes labels(uint64_t seed) {
  return cube(noise<uint8_t>(seed, 3));
}

class VolumeSources : public testing::CommandTest {
 protected:
  void write(const std::string& name, ByteSpan bytes) const {
    fs::create_directories((folder_ / name).parent_path());
    write_file_atomically(folder_ / name, bytes);
  }
  void write(const std::string& name, const std::string& text) const {
    write(name, as_bytes(text));
  }
  // in/: volumes 1 and 2 with labels.
  void write_set() const {
    write("in/train.csv", "id,scroll_id\n1,34117\n2,26002\n");
    for (const char* id : {"1", "2"}) {
      write(std::string("in/train_images/") + id + ".tif", gray(id[0]));
      write(std::string("in/train_labels/") + id + ".tif", labels(id[0]));
    }
  }
  CommandResult pack(const std::string& options = "", const std::string& output = "packed") const {
    return run("pack-volumes --input in --order input --output " + output + " " + options);
  }
  PackedDataset packed(const std::string& name = "packed") const {
    return PackedDataset(folder_ / name);
  }
  nlohmann::json manifest(const std::string& name = "packed") const {
    std::string text = text_of(folder_ / name / "dataset.json");
    text.resize(text.rfind('}') + 1);
    return nlohmann::json::parse(text);
  }
  static Bytes voxels_of(const PackedDataset& dataset, uint64_t sample, const char* field) {
    const PackedSplit& split = dataset.split("train");
    const BlobView blob = split.blob(sample, dataset.schema().require(field));
    return read_volume(parse_bricks(blob.bytes), blob.bytes);
  }
  // Packs to features too; both sets verify, are shown, and have no labels.
  void expect_whole_set_without_labels(const std::string& options) const {
    const CommandResult result = pack(options);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("labels: none"));
    for (const char* input : {"in", "packed"}) {
      const std::string from = std::string(input) == "in" ? "in " + options : "packed";
      const std::string to = std::string("features_of_") + input;
      const auto features = run("precompute-features --input " + from + " --output " + to);
      ASSERT_EQ(features.exit_code, 0) << features.err;
    }
    for (const char* name : {"packed", "features_of_in", "features_of_packed"}) {
      EXPECT_FALSE(packed(name).schema().find(kLabelField)) << name;
      EXPECT_EQ(run(std::string("verify-dataset ") + name).exit_code, 0) << name;
      const auto shown =
          run(std::string("inspect-dataset ") + name + " --montage m.png --sample 0");
      EXPECT_EQ(shown.exit_code, 0) << shown.err;
    }
    EXPECT_EQ(voxels_of(packed("features_of_in"), 0, kFeaturesField),
              voxels_of(packed("features_of_packed"), 0, kFeaturesField));
  }
  // Volume 1 stops the run with exit 1 and `says`; with --on-error skip it is recorded with `file`
  // and the other is packed.
  void expect_bad_volume(const std::string& says, const std::string& file,
                         const std::string& options = "") const {
    const CommandResult stopped = pack(options, "stopped");
    EXPECT_EQ(stopped.exit_code, 1) << stopped.err;
    EXPECT_THAT(stopped.err, AllOf(HasSubstr(says), HasSubstr(file)));
    const CommandResult skipped = pack(options + " --on-error skip", "skipped");
    EXPECT_EQ(skipped.exit_code, 0) << skipped.err;
    const nlohmann::json all = manifest("skipped");
    ASSERT_EQ(all["skipped"].size(), 1u);
    EXPECT_THAT(all["skipped"][0].dump(), AllOf(HasSubstr(says), HasSubstr(file)));
    EXPECT_EQ(packed("skipped").split("train").sample_count(), 1u);
  }
};

// ---- without labels

TEST_F(VolumeSources, OfTheTestSetHaveNoLabels) {
  write("in/test.csv", "id,scroll_id\n1,34117\n2,26002\n");
  write("in/test_images/1.tif", gray(1));
  write("in/test_images/2.tif", gray(2));
  expect_whole_set_without_labels("");
}

TEST_F(VolumeSources, WithoutALabelFolderAreAskedAbout) {
  write_set();
  fs::remove_all(folder_ / "in/train_labels");
  const CommandResult refused = pack();
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("train_labels"), HasSubstr("--no-labels")));
  expect_whole_set_without_labels("--no-labels");
}

TEST_F(VolumeSources, OfAFolderOfImagesAloneArePacked) {
  write("in/a.tif", gray(1));
  write("in/b.tif", cube(noise<uint16_t>(2, 65536)));
  expect_whole_set_without_labels("--no-labels");
}

TEST_F(VolumeSources, WithoutLabelsHaveNoDistances) {
  write_set();
  const CommandResult result = pack("--no-labels --targets distance");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--no-labels"));
}

TEST_F(VolumeSources, ThatAreTheSlicesOfOneAreRefused) {
  for (const char* z : {"1", "2", "3", "4"})
    write(std::string("in/stack/") + z + ".tif",
          stack_of<uint8_t>(1, 2, 2, {1, 2, 3, static_cast<uint8_t>(z[0])}));
  const auto result = run("pack-volumes --input in/stack --no-labels --output packed");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("give the folder above"));
  const CommandResult above = pack("--no-labels");
  EXPECT_EQ(above.exit_code, 0) << above.err;
  EXPECT_EQ(packed().split("train").blob(0, 0).shape[0], 4u);
}

// ---- 16 bits

std::vector<uint16_t> as_16_bit(const Bytes& bytes) {
  std::vector<uint16_t> voxels(bytes.size() / 2);
  std::memcpy(voxels.data(), bytes.data(), bytes.size());
  return voxels;
}

TEST_F(VolumeSources, Of16BitsAreKept) {
  write_set();
  const std::vector<uint16_t> voxels = noise<uint16_t>(5, 65536);
  write("in/train_images/1.tif", cube(voxels));
  const CommandResult result = pack("--moments");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const PackedDataset dataset = packed();
  const Field& image = dataset.schema().fields[dataset.schema().require(kImageField)];
  EXPECT_EQ(image.dtype, DType::kUInt16);
  EXPECT_THAT(image.definition, HasSubstr("value * 255 / 65535"));
  EXPECT_EQ(as_16_bit(voxels_of(dataset, 0, kImageField)), voxels);
  // The other volume has 8 bits: the same place between black and white, and a note.
  const std::vector<uint8_t> narrow = noise<uint8_t>('2', 256);
  const std::vector<uint16_t> wide = as_16_bit(voxels_of(dataset, 1, kImageField));
  size_t wrong = 0;
  for (size_t i = 0; i < narrow.size(); ++i)
    wrong += wide[i] != narrow[i] * 257;
  EXPECT_EQ(wrong, 0u);
  EXPECT_THAT(manifest()["normalized"].dump(), HasSubstr("value * 257"));
  EXPECT_EQ(run("verify-dataset packed").exit_code, 0);
}

TEST_F(VolumeSources, Of16BitsGiveTheirOwnFeatures) {
  write_set();
  const std::vector<uint16_t> voxels = noise<uint16_t>(5, 65536);
  write("in/train_images/1.tif", cube(voxels));
  ASSERT_EQ(pack().exit_code, 0);
  ASSERT_EQ(run("precompute-features --input in --order input --output direct").exit_code, 0);
  ASSERT_EQ(run("precompute-features --input packed --order input --output two").exit_code, 0);
  std::vector<uint16_t> expected(6 * kVoxels);
  compute_scroll6({kSide, kSide, kSide}, std::span<const uint16_t>(voxels), expected);
  EXPECT_TRUE(as_16_bit(voxels_of(packed("direct"), 0, kFeaturesField)) == expected);
  EXPECT_TRUE(as_16_bit(voxels_of(packed("two"), 0, kFeaturesField)) == expected);
}

TEST_F(VolumeSources, Of16BitsAreRoundedOnRequest) {
  write_set();
  std::vector<uint16_t> voxels = noise<uint16_t>(5, 65536);
  for (size_t i = 0; i < 520; ++i)
    voxels[i] = static_cast<uint16_t>(i * 126);
  write("in/train_images/1.tif", cube(voxels));
  ASSERT_EQ(pack("--voxels 8").exit_code, 0);
  const PackedDataset dataset = packed();
  EXPECT_EQ(dataset.schema().fields[0].dtype, DType::kUInt8);
  EXPECT_THAT(dataset.schema().fields[0].definition, HasSubstr("round(value / 257)"));
  const Bytes stored = voxels_of(dataset, 0, kImageField);
  size_t wrong = 0;
  for (size_t i = 0; i < voxels.size(); ++i)
    wrong += stored[i] != std::lround(voxels[i] / 257.0);
  EXPECT_EQ(wrong, 0u);
}

TEST_F(VolumeSources, OfOtherKindsAreRefusedWithTheWayOut) {
  write_set();
  TiffPageSpec page;
  page.format = 3;
  write("in/train_images/1.tif",
        stack_of(kSide, kSide, kSide, std::vector<float>(kVoxels, 0.5f), page));
  expect_bad_volume("found float of 32 bits", "train_images/1.tif");
  EXPECT_THAT(pack().err, HasSubstr("python3 -c"));
}

// ---- files

TEST_F(VolumeSources, AreLeftOutWithTheLabelThatIsAtFault) {
  write_set();
  std::vector<uint16_t> wrong(kVoxels, 1);
  wrong[kSide * kSide * 3 + 7] = 9;
  write("in/train_labels/1.tif", cube(wrong));
  expect_bad_volume("page at z 3: label value 9", "train_labels/1.tif");
}

TEST_F(VolumeSources, MayHaveLabelsOf16Bits) {
  write_set();
  const std::vector<uint8_t> values = noise<uint8_t>(3, 3);
  write("in/train_labels/1.tif", cube(std::vector<uint16_t>(values.begin(), values.end())));
  ASSERT_EQ(pack().exit_code, 0);
  EXPECT_EQ(voxels_of(packed(), 0, kLabelField), values);
}

TEST_F(VolumeSources, ThatAreTooLongAreNamed) {
  write_set();
  write("in/train_images/1.tif", stack_of<uint8_t>(1, 1, 65537, Bytes(65537, 1)));
  write("in/train_labels/1.tif", stack_of<uint8_t>(1, 1, 65537, Bytes(65537, 1)));
  expect_bad_volume("at most 65536 voxels along each axis, found 1 x 1 x 65537",
                    "train_images/1.tif");
}

TEST_F(VolumeSources, ThatAreLinksToNothingAreNamed) {
  write_set();
  fs::remove(folder_ / "in/train_images/1.tif");
  fs::create_symlink("/mnt/gone/1.tif", folder_ / "in/train_images/1.tif");
  expect_bad_volume("is a link to /mnt/gone/1.tif, which is not there", "train_images/1.tif");
}

TEST_F(VolumeSources, WithAPageOfAnotherSizeSayWhichBeforeTheLabelIsBlamed) {
  write_set();
  testing::TiffBuilder builder;
  const std::vector<uint8_t> voxels = noise<uint8_t>(1, 256);
  TiffPageSpec page;
  page.height = page.width = kSide;
  for (uint32_t z = 0; z < kSide; ++z) {
    const auto begin = voxels.begin() + static_cast<ptrdiff_t>(z * kSide * kSide);
    page.pixels.assign(begin, begin + kSide * kSide);
    builder.add(page);
  }
  page.height = 1;
  page.pixels.resize(kSide);
  write("in/train_images/1.tif", testing::TiffBuilder(builder).add(page).bytes());
  expect_bad_volume("page at z 20: expected every page to be 20 x 20", "train_images/1.tif");
  page.subfile_type = 1;  // now it says what it is
  write("in/train_images/1.tif", builder.add(page).bytes());
  ASSERT_EQ(pack().exit_code, 0);
  EXPECT_EQ(voxels_of(packed(), 0, kImageField), voxels);
  EXPECT_THAT(manifest()["normalized"].dump(), HasSubstr("thumbnails"));
}

TEST_F(VolumeSources, OfSlicesWithAGapAreNotPacked) {
  write_set();
  fs::remove(folder_ / "in/train_images/1.tif");
  for (int z = 0; z < 12; ++z) {
    const std::string name = (z < 10 ? "0" : "") + std::to_string(z) + ".tif";
    if (z != 5) write("in/train_images/1/" + name, stack_of<uint8_t>(1, 2, 2, {1, 2, 3, 4}));
    write("in/train_images/1/._" + name, std::string("junk"));
  }
  write("in/train_labels/1.tif", stack_of<uint8_t>(11, 2, 2, Bytes(44, 1)));
  expect_bad_volume("slices are missing: number 5 (1 of 12", "train_images/1");
  EXPECT_THAT(pack("--force").err, HasSubstr("hidden and system files: 12"));
}

TEST_F(VolumeSources, OfSlicesNameTheBadOne) {
  write_set();
  fs::remove(folder_ / "in/train_images/1.tif");
  for (int z = 0; z < 4; ++z)
    write("in/train_images/1/" + std::to_string(z) + ".tif",
          stack_of<uint8_t>(1, 2, 2, {1, 2, 3, 4}));
  write("in/train_images/1/2.tif", std::string("not a slice"));
  write("in/train_labels/1.tif", stack_of<uint8_t>(4, 2, 2, Bytes(16, 1)));
  expect_bad_volume("expected a TIFF", "train_images/1/2.tif");
}

TEST_F(VolumeSources, ThatAreAllIgnoredArePackedWithAWarning) {
  write_set();
  for (const char* id : {"1", "2"})
    write(std::string("in/train_labels/") + id + ".tif", cube(std::vector<uint8_t>(kVoxels, 2)));
  const CommandResult result = pack();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("split train: no voxel is labelled"));
  write_set();
  EXPECT_THAT(pack("--force").err, Not(HasSubstr("no voxel is labelled")));
}

// ---- tables

TEST_F(VolumeSources, MayHaveIdsAndScrollsThatAreText) {
  write("in/train.csv", "scroll_id;note;id\nPHerc0332;a;s1_z10240_y2560_x2560\nPHerc0172;;s5_z1\n");
  for (const char* id : {"s1_z10240_y2560_x2560", "s5_z1"}) {
    write(std::string("in/train_images/") + id + ".tif", gray(1));
    write(std::string("in/train_labels/") + id + ".tif", labels(1));
  }
  ASSERT_EQ(pack("--val-scroll PHerc0172").exit_code, 0);
  const PackedDataset dataset = packed();
  EXPECT_EQ(dataset.split("val").sample_name(0), "s5_z1");
  const size_t scroll = dataset.schema().require(kScrollField);
  EXPECT_EQ(dataset.split("train").inline_int(0, scroll), 1);
  EXPECT_THAT(dataset.schema().fields[scroll].definition,
              HasSubstr("in order: PHerc0172, PHerc0332"));
  const CommandResult unknown = pack("--force --val-scroll 7");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("there are PHerc0172, PHerc0332"));
}

TEST_F(VolumeSources, WhoseIdsLostTheirZerosAreHintedAt) {
  write_set();
  write("in/train.csv", "id,scroll_id\n1,34117\n2,34117\n");
  fs::rename(folder_ / "in/train_images/1.tif", folder_ / "in/train_images/0001.tif");
  const CommandResult result = pack();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("there is a file 0001: leading zeros lost?"));
}

}  // namespace
}  // namespace stoker
