// precompute-features as users call it.
#include <array>
#include <cmath>
#include <cstring>

#include "libdata/core/half.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/volume/brick_region.h"
#include "libdata/volume/bricks.h"
#include "libdata/volume/features.h"
#include "libdata/volume/volume_fields.h"
#include "tests/cli/volume_command.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

class PrecomputeFeatures : public testing::VolumeCommandTest {
 protected:
  const std::string precompute_ = "precompute-features --quiet --input scrolls";
};

std::vector<float> stored_features(const PackedSplit& split, uint64_t sample, size_t field) {
  const BlobView blob = split.blob(sample, field);
  const Bytes halves = read_volume(parse_bricks(blob.bytes), blob.bytes);
  std::vector<float> values(halves.size() / 2);
  for (size_t i = 0; i < values.size(); ++i) {
    uint16_t half = 0;
    std::memcpy(&half, halves.data() + 2 * i, 2);
    values[i] = half_to_float(half);
  }
  return values;
}

// Any field of a sample as text, to compare samples of data sets whose order differs.
std::map<std::string, std::string> samples_of(const PackedSplit& split) {
  std::map<std::string, std::string> samples;
  const Schema& schema = split.shards().front().schema();
  for (uint64_t sample = 0; sample < split.sample_count(); ++sample) {
    for (size_t field = 0; field < schema.fields.size(); ++field) {
      const bool blob = schema.fields[field].storage == Storage::kBlob;
      const ByteSpan bytes =
          blob ? split.blob(sample, field).bytes : split.inline_bytes(sample, field);
      samples[std::string(split.sample_name(sample)) + " " + schema.fields[field].name] =
          std::string(as_text(bytes));
    }
  }
  return samples;
}

TEST_F(PrecomputeFeatures, FirstChannelIsTheImageAndMomentsAreThoseOfTheStoredValues) {
  ASSERT_EQ(run(precompute_ + " --output features --order input").exit_code, 0);
  const PackedDataset dataset(folder_ / "features");
  const PackedSplit& split = dataset.split("train");
  const Schema& schema = dataset.schema();
  for (uint64_t sample = 0; sample < 5; ++sample) {
    const auto features = stored_features(split, sample, schema.require(kFeaturesField));
    const Volume<uint8_t> image = decode_tiff_u8(read_file(listing_.items[sample].image));
    const size_t voxels = image.voxels.size();
    ASSERT_EQ(features.size(), 6 * voxels);
    for (size_t i = 0; i < voxels; ++i) {
      ASSERT_EQ(std::lround(255 * features[i]), image.voxels[i]);
    }
    std::array<float, 6> mean{};
    std::array<float, 6> deviation{};
    std::memcpy(mean.data(), split.inline_bytes(sample, schema.require(kFeatureMeanField)).data(),
                24);
    std::memcpy(deviation.data(),
                split.inline_bytes(sample, schema.require(kFeatureStdField)).data(), 24);
    for (size_t channel = 0; channel < 6; ++channel) {
      double sum = 0;
      double squares = 0;
      for (size_t i = channel * voxels; i < (channel + 1) * voxels; ++i) {
        sum += features[i];
        squares += static_cast<double>(features[i]) * features[i];
      }
      const double expected = sum / static_cast<double>(voxels);
      const double variance = squares / static_cast<double>(voxels) - expected * expected;
      EXPECT_NEAR(mean[channel], expected, 1e-4 * (1 + std::abs(expected)));
      EXPECT_NEAR(deviation[channel], std::sqrt(variance), 1e-4 * (1 + std::sqrt(variance)));
    }
  }
}

TEST_F(PrecomputeFeatures, PackedVolumesGiveWhatTiffsGive) {
  ASSERT_EQ(run(precompute_ + " --targets distance --val-scroll 26002 --output direct").exit_code,
            0);
  ASSERT_EQ(run("pack-volumes --quiet --input scrolls --targets distance --val-scroll 26002 "
                "--output packed")
                .exit_code,
            0);
  const auto result = run("precompute-features --quiet --input packed --output features");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const PackedDataset direct(folder_ / "direct");
  const PackedDataset through(folder_ / "features");
  EXPECT_EQ(direct.schema(), through.schema());
  for (const char* split : {"train", "val"}) {
    EXPECT_TRUE(samples_of(direct.split(split)) == samples_of(through.split(split)));
  }
}

TEST_F(PrecomputeFeatures, DistanceIsComputedWherePackedVolumesHaveNone) {
  ASSERT_EQ(run(precompute_ + " --targets distance --output direct").exit_code, 0);
  ASSERT_EQ(run("pack-volumes --quiet --input scrolls --output packed").exit_code, 0);
  ASSERT_EQ(run("precompute-features --quiet --input packed --targets distance --output features")
                .exit_code,
            0);
  EXPECT_TRUE(samples_of(PackedDataset(folder_ / "direct").split("train")) ==
              samples_of(PackedDataset(folder_ / "features").split("train")));
}

TEST_F(PrecomputeFeatures, GivesTheSameBytesForAnyThreadsPartsAndKills) {
  expect_the_same_bytes_always("precompute-features", precompute_ + " --shard-size 1MiB");
}

TEST_F(PrecomputeFeatures, DryRunSaysBytesAndTimeAndWritesNothing) {
  const auto result = run(precompute_ + " --output features --dry-run");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("0.000 Gvoxel give about 3.6"));  // 5 * 40^3 * 12.08 bytes
  EXPECT_THAT(result.out, HasSubstr("to compute"));
  EXPECT_FALSE(fs::exists(folder_ / "features"));
}

TEST_F(PrecomputeFeatures, RefusesBadVolumes) {
  put_image(3, as_bytes("version https://git-lfs.github.com/spec/v1\n"));
  expect_refused(precompute_, 3, "expected a TIFF");
}

TEST_F(PrecomputeFeatures, RefusesDamagedPackedVoxels) {
  ASSERT_EQ(run("pack-volumes --quiet --input scrolls --order input --output packed").exit_code, 0);
  const fs::path shard = folder_ / "packed/train-00000-of-00001.stk";
  Bytes bytes = read_file(shard);
  const PackedDataset dataset(folder_ / "packed");
  const BlobView blob = dataset.split("train").blob(2, 0);
  bytes[blob.offset_bytes + blob.bytes.size() / 2] ^= 1;
  write_file_atomically(shard, bytes);
  const auto result = run("precompute-features --quiet --input packed --output features");
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr(id(2)));
}

TEST_F(PrecomputeFeatures, MisuseIsExit2AndMissingInputExit3) {
  ASSERT_EQ(run("pack-volumes --quiet --input scrolls --output packed").exit_code, 0);
  const auto result =
      run("precompute-features --input packed --val-scroll 26002 --output features");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("keep the splits they have"));
  EXPECT_EQ(run("precompute-features --output features").exit_code, 2);
  EXPECT_EQ(run("precompute-features --input absent --output features").exit_code, 3);
}

TEST_F(PrecomputeFeatures, FullDiskEndsCleanly) {
  expect_clean_end_on_a_full_disk(precompute_, "1m");
}

// From the TIFF to the features: at each step the shard that holds it is made again, and no other.
TEST_F(PrecomputeFeatures, CorrectedVolumeIsComputedAgainAlone) {
  const std::string pack = "pack-volumes --input scrolls --shard-size 100kB --output packed";
  const std::string compute =
      "precompute-features --input packed --shard-size 500kB --output features";
  ASSERT_EQ(run(pack).exit_code, 0);
  ASSERT_EQ(run(compute).exit_code, 0);
  fs::copy_file(listing_.items[1].image, listing_.items[0].image,
                fs::copy_options::overwrite_existing);
  for (const std::string& command : {pack, compute}) {
    const auto result = run(command + " --resume");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("1 shard packed again"));
    EXPECT_THAT(result.err, HasSubstr(id(0)));
    EXPECT_THAT(run(command + " --resume --check-sources").out,
                ::testing::Not(HasSubstr("packed again")));
  }
  EXPECT_EQ(run("verify-dataset --deep features").exit_code, 0);
}

}  // namespace
}  // namespace stoker
