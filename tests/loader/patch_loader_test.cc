#include "libdata/loader/patch_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <tuple>

#include "libdata/core/error.h"
#include "libdata/core/half.h"
#include "libdata/core/hash.h"
#include "tests/loader/volume_split_fixture.h"

namespace stoker {
namespace {

PatchLoaderOptions small_options(PatchInput input = PatchInput::kImage) {
  PatchLoaderOptions options;
  options.sampling.patch_zyx = {16, 24, 20};
  options.sampling.patches_per_volume = 7;
  options.sampling.seed = 42;
  options.input = input;
  options.with_distance = true;
  options.batch_size = 4;
  options.threads = 3;
  return options;
}

PatchAugmentation flips_only() {
  PatchAugmentation augmentation = kNoAugmentation;
  augmentation.flip_probability_zyx = {0.5, 0.5, 0.5};
  return augmentation;
}

// What an epoch gave: a hash of everything in each patch, by where it comes from.
struct Delivered {
  std::vector<uint64_t> patch_hashes;  // in order
  std::vector<PatchPlace> places;
};

template <typename Value>
uint64_t hash_part(std::span<const Value> values, int64_t index, int64_t count) {
  if (values.empty()) return 0;
  const size_t size = values.size() / static_cast<size_t>(count);
  const auto part = values.subspan(static_cast<size_t>(index) * size, size);
  return xxh3_64({reinterpret_cast<const uint8_t*>(part.data()), part.size_bytes()});
}

void take(const PatchBatch& batch, Delivered& delivered) {
  for (int64_t i = 0; i < batch.count - batch.padding; ++i) {
    const uint64_t parts[] = {
        hash_part(batch.image, i, batch.count),  hash_part(batch.features, i, batch.count),
        hash_part(batch.label, i, batch.count),  hash_part(batch.distance, i, batch.count),
        hash_part(batch.factor, i, batch.count), hash_part(batch.offset, i, batch.count)};
    delivered.patch_hashes.push_back(
        xxh3_64({reinterpret_cast<const uint8_t*>(parts), sizeof parts}));
    delivered.places.push_back(batch.places[static_cast<size_t>(i)]);
  }
}

class PatchLoaderTest : public VolumeSplitTest {
 protected:
  Delivered run(const PackedSplit& split, const PatchLoaderOptions& options, uint64_t epoch = 0,
                uint64_t position = 0) {
    PatchLoader loader(split, schema(), options);
    loader.start_epoch(epoch, position);
    Delivered delivered;
    uint64_t batches = 0;
    while (const auto batch = loader.next()) {
      take(**batch, delivered);
      ++batches;
    }
    EXPECT_EQ(batches, loader.batches_per_epoch(position));
    return delivered;
  }
};

// The voxel of the volume that belongs at a place of a patch.
size_t source_voxel(const PatchPlace& place, const Zyx& volume_zyx, const Zyx& at) {
  const Zyx result = place.orientation.oriented(place.box.size_zyx);
  Zyx source{};
  for (size_t axis = 0; axis < 3; ++axis) {
    const size_t along = place.orientation.source_axis[axis];
    source[along] = place.box.begin_zyx[along] +
                    (place.orientation.reversed[axis] ? result[axis] - 1 - at[axis] : at[axis]);
  }
  return static_cast<size_t>((source[0] * volume_zyx[1] + source[1]) * volume_zyx[2] + source[2]);
}

TEST_F(PatchLoaderTest, ImageLabelAndDistanceAreTurnedTogether) {
  const std::vector<DrawnVolume> volumes = drawn_volumes();
  const PackedSplit split = write_split(volumes);
  PatchLoader loader(split, schema(), small_options());
  loader.start_epoch(0);
  size_t wrong = 0;
  std::set<std::array<uint8_t, 3>> axes;
  while (const auto lease = loader.next()) {
    const PatchBatch& batch = **lease;
    EXPECT_EQ(batch.patch_zyx, (Zyx{16, 24, 20}));
    size_t i = 0;
    for (const PatchPlace& place : batch.places) {
      const DrawnVolume& volume = volumes[place.volume];
      EXPECT_EQ(place.scroll, static_cast<int64_t>(100 + place.volume));
      axes.insert(place.orientation.source_axis);
      for (int64_t z = 0; z < 16; ++z) {
        for (int64_t y = 0; y < 24; ++y) {
          for (int64_t x = 0; x < 20; ++x, ++i) {
            const size_t from = source_voxel(place, volume.size_zyx, {z, y, x});
            wrong += batch.image[i] != volume.image[from] || batch.label[i] != volume.label[from] ||
                     batch.distance[i] != volume.distance[from];
          }
        }
      }
    }
  }
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(axes.size(), 2u);
}

TEST_F(PatchLoaderTest, GivesTheSamePatchesForAnyNumberOfThreads) {
  const PackedSplit split = write_split(drawn_volumes());
  PatchLoaderOptions options = small_options(PatchInput::kComputedFeatures);
  options.threads = 1;
  const Delivered expected = run(split, options, 3);
  EXPECT_EQ(expected.patch_hashes.size(), 21u);
  for (const int threads : {2, 5, 16}) {
    options.threads = threads;
    options.batches_in_flight = static_cast<size_t>(2 + threads % 3);
    EXPECT_EQ(run(split, options, 3).patch_hashes, expected.patch_hashes);
  }
  EXPECT_NE(run(split, options, 4).patch_hashes, expected.patch_hashes);
}

TEST_F(PatchLoaderTest, ResumesInMidEpochWithAnyNumberOfRanks) {
  const PackedSplit split = write_split(drawn_volumes());
  PatchLoaderOptions options = small_options();
  const Delivered whole = run(split, options);
  for (const uint32_t world : {1u, 2u, 3u}) {
    options.world_size = world;
    std::multiset<uint64_t> rest;
    for (options.rank = 0; options.rank < world; ++options.rank) {
      for (const uint64_t hash : run(split, options, 0, 8).patch_hashes)
        rest.insert(hash);
    }
    options.rank = 0;
    EXPECT_EQ(rest,
              std::multiset<uint64_t>(whole.patch_hashes.begin() + 8, whole.patch_hashes.end()));
  }
}

TEST_F(PatchLoaderTest, PreadGivesWhatTheMappingGives) {
  const PackedSplit split = write_split(drawn_volumes());
  for (const PatchInput input : {PatchInput::kImage, PatchInput::kComputedFeatures}) {
    PatchLoaderOptions options = small_options(input);
    const Delivered mapped = run(split, options);
    options.io = IoMode::kPread;
    options.check_hashes = true;
    EXPECT_EQ(run(split, options).patch_hashes, mapped.patch_hashes);
  }
}

TEST_F(PatchLoaderTest, ComputedFeaturesEqualStoredOnesBitForBit) {
  const PackedSplit split = write_split(drawn_volumes());
  PatchLoaderOptions options = small_options(PatchInput::kComputedFeatures);
  options.sampling.augmentation = flips_only();
  const Delivered computed = run(split, options);
  options.input = PatchInput::kStoredFeatures;
  EXPECT_EQ(run(split, options).patch_hashes, computed.patch_hashes);
}

TEST_F(PatchLoaderTest, ComputedFeaturesOfATurnedPatchAreThoseOfTheTurnedVolume) {
  const DrawnVolume volume = draw_volume({40, 40, 40}, 9);
  const PackedSplit split = write_split({volume});
  PatchLoaderOptions options = small_options(PatchInput::kComputedFeatures);
  options.sampling.patch_zyx = {40, 40, 40};
  PatchLoader loader(split, schema(), options);
  loader.start_epoch(0);
  const auto lease = loader.next();
  const PatchBatch& batch = **lease;
  for (size_t i = 0; i < batch.places.size(); ++i) {
    Bytes turned(volume.image.size());
    for (size_t at = 0; at < turned.size(); ++at) {
      const auto n = static_cast<int64_t>(at);
      turned[at] = volume.image[source_voxel(batch.places[i], volume.size_zyx,
                                             {n / 1600, n / 40 % 40, n % 40})];
    }
    std::vector<uint16_t> expected(6 * turned.size());
    compute_scroll6({40, 40, 40}, turned, expected);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(),
                           batch.features.begin() + static_cast<ptrdiff_t>(i * expected.size())));
  }
}

TEST_F(PatchLoaderTest, StoredFeaturesAreNotRotated) {
  const PackedSplit split = write_split(drawn_volumes());
  PatchLoaderOptions options = small_options(PatchInput::kStoredFeatures);
  EXPECT_THAT(
      [&] { PatchLoader(split, schema(), options); },
      testing::Throws<Error>(testing::Property(&Error::message, testing::HasSubstr("gy_over_gx"))));
}

TEST_F(PatchLoaderTest, MissingFieldIsNamed) {
  const PackedSplit split = write_split(drawn_volumes());
  Schema without = schema();
  without.fields[2].name = "other";
  EXPECT_THAT([&] { PatchLoader(split, without, small_options()); },
              testing::Throws<Error>(
                  testing::Property(&Error::message, testing::HasSubstr("no field 'distance'"))));
}

TEST_F(PatchLoaderTest, PatchesLieOnSurfaceAsOftenAsAskedAndElseOnLabelledVoxels) {
  const std::vector<DrawnVolume> volumes = drawn_volumes();
  const PackedSplit split = write_split(volumes);
  PatchSamplerOptions options;
  options.patch_zyx = {1, 1, 1};
  options.patches_per_volume = 2000;
  const PatchSampler sampler(split, schema(), options);
  const BrickFiles files(split, IoMode::kMmap);
  BrickSource bricks(files, false);
  std::array<int, 3> counts{0, 0, 0};
  std::set<Zyx> places;
  for (uint64_t patch = 0; patch < sampler.patch_count(); ++patch) {
    const PatchDraw draw = sampler.draw(0, patch, bricks);
    const DrawnVolume& volume = volumes[draw.volume];
    const Zyx& at = draw.box.begin_zyx;
    const auto voxel =
        static_cast<size_t>((at[0] * volume.size_zyx[1] + at[1]) * volume.size_zyx[2] + at[2]);
    ++counts[volume.label[voxel]];
    if (draw.volume == 0) places.insert(at);
  }
  // 70 % of 6000, and among the 30 % labelled ones those that happen to be surface.
  uint64_t surface = 0;
  uint64_t labelled = 0;
  for (const DrawnVolume& volume : volumes) {
    for (const uint8_t label : volume.label) {
      surface += label == 1;
      labelled += label != 2;
    }
  }
  const double expected =
      6000 * (0.7 + 0.3 * static_cast<double>(surface) / static_cast<double>(labelled));
  EXPECT_NEAR(counts[1], expected, 6 * std::sqrt(6000 * 0.25));
  EXPECT_EQ(counts[2], 0);
  EXPECT_GT(places.size(), 1900u);  // spread over the volume, not over a few coordinates
}

TEST_F(PatchLoaderTest, VolumeWithoutSurfaceIsSampledAnyway) {
  DrawnVolume nothing = draw_volume({40, 40, 40}, 1);
  std::fill(nothing.label.begin(), nothing.label.end(), uint8_t{2});
  const PackedSplit split = write_split({nothing});
  EXPECT_EQ(run(split, small_options()).patch_hashes.size(), 7u);
}

TEST_F(PatchLoaderTest, GridCoversEveryVoxelAndIsNotAugmented) {
  const std::vector<DrawnVolume> volumes = drawn_volumes();
  const PackedSplit split = write_split(volumes);
  PatchLoaderOptions options = small_options();
  options.sampling.sampling = PatchSampling::kGrid;
  options.order = SampleOrder::kSequential;
  const Delivered delivered = run(split, options);
  std::map<uint64_t, std::vector<bool>> covered;
  for (const PatchPlace& place : delivered.places) {
    EXPECT_TRUE(place.orientation.is_identity());
    const Zyx& size = volumes[place.volume].size_zyx;
    std::vector<bool>& voxels = covered[place.volume];
    voxels.resize(volumes[place.volume].image.size());
    for (int64_t z = 0; z < 16; ++z) {
      for (int64_t y = 0; y < 24; ++y) {
        for (int64_t x = 0; x < 20; ++x)
          voxels[source_voxel(place, size, {z, y, x})] = true;
      }
    }
  }
  ASSERT_EQ(covered.size(), volumes.size());
  for (const auto& [volume, voxels] : covered) {
    EXPECT_EQ(std::count(voxels.begin(), voxels.end(), false), 0) << "volume " << volume;
  }
}

TEST_F(PatchLoaderTest, PatchLargerThanTheVolumeIsFilledWithWhatDoesNotCount) {
  const DrawnVolume volume = draw_volume({10, 24, 33}, 4);
  const PackedSplit split = write_split({volume});
  for (const PatchInput input : {PatchInput::kImage, PatchInput::kComputedFeatures}) {
    PatchLoaderOptions options = small_options(input);
    options.sampling.augmentation = kNoAugmentation;
    PatchLoader loader(split, schema(), options);
    loader.start_epoch(0);
    const auto lease = loader.next();
    const PatchBatch& batch = **lease;
    const size_t first_filled = 10 * 24 * 20;
    EXPECT_EQ(batch.places[0].box.size_zyx, (Zyx{10, 24, 20}));
    EXPECT_EQ(batch.label[first_filled - 1],
              volume.label[source_voxel(batch.places[0], volume.size_zyx, {9, 23, 19})]);
    EXPECT_EQ(batch.label[first_filled], 2);
    EXPECT_EQ(batch.distance[first_filled], 127);
    if (input == PatchInput::kImage) {
      EXPECT_EQ(batch.image[first_filled], 0);
    } else {
      EXPECT_EQ(batch.features[first_filled], 0);
    }
  }
}

TEST_F(PatchLoaderTest, StandardisedChannelsHaveTheVolumesMoments) {
  const PackedSplit split = write_split({draw_volume({32, 32, 32}, 3)});
  PatchLoaderOptions options = small_options(PatchInput::kComputedFeatures);
  options.sampling.patch_zyx = {32, 32, 32};
  options.sampling.augmentation = kNoAugmentation;
  options.batch_size = 1;
  PatchLoader loader(split, schema(), options);
  loader.start_epoch(0);
  const auto lease = loader.next();
  std::vector<float> values((*lease)->features.size());
  standardize(**lease, values);
  for (size_t c = 0; c < 6; ++c) {
    double sum = 0;
    double square = 0;
    for (size_t i = c * 32768; i < (c + 1) * 32768; ++i) {
      sum += values[i];
      square += static_cast<double>(values[i]) * values[i];
    }
    EXPECT_NEAR(sum / 32768, 0, 1e-3) << c;
    EXPECT_NEAR(square / 32768, 1, 1e-3) << c;
  }
}

TEST_F(PatchLoaderTest, IntensityChangesScaleAllButTheRatioAndShiftChannelZero) {
  const PackedSplit split = write_split(drawn_volumes());
  PatchLoaderOptions options = small_options(PatchInput::kComputedFeatures);
  options.sampling.augmentation = kNoAugmentation;
  options.sampling.augmentation.intensity_probability = 1;
  options.sampling.augmentation.min_scale = 1.5;
  options.sampling.augmentation.max_scale = 1.5;
  options.sampling.augmentation.max_shift = 0.25;
  options.standardize = false;
  PatchLoader loader(split, schema(), options);
  loader.start_epoch(0);
  const auto lease = loader.next();
  for (size_t c = 0; c < 6; ++c) {
    EXPECT_EQ((*lease)->factor[c], c == 5 ? 1.0f : 1.5f);
    if (c > 0) {
      EXPECT_EQ((*lease)->offset[c], 0.0f);
    }
  }
  EXPECT_NE((*lease)->offset[0], 0.0f);
  EXPECT_LE(std::abs((*lease)->offset[0]), 0.25f);
}

class DamagedVolumeTest : public PatchLoaderTest {
 protected:
  // Flips a voxel byte in the middle of volume 1's image.
  PackedSplit damaged_split() {
    const PackedSplit whole = write_split(drawn_volumes());
    const BlobView blob = whole.blob(1, 0);
    const uint64_t at = blob.offset_bytes + blob.bytes.size() / 2;
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(blob.bytes[blob.bytes.size() / 2] ^ 0x40));
    file.close();
    return open_split();
  }
};

TEST_F(DamagedVolumeTest, StopsWithThePlaceOfTheDamage) {
  const PackedSplit split = damaged_split();
  PatchLoaderOptions options = small_options();
  options.check_hashes = true;
  options.sampling.patch_zyx = {33, 33, 33};
  EXPECT_THAT([&] { run(split, options); },
              testing::Throws<Error>(
                  testing::AllOf(testing::Property(&Error::code, ErrorCode::kCorrupt),
                                 testing::Property(&Error::path, testing::HasSubstr("volume_1")))));
}

TEST_F(DamagedVolumeTest, SkipLeavesOnlyTheDamagedPatchesOut) {
  const PackedSplit split = damaged_split();
  PatchLoaderOptions options = small_options();
  options.check_hashes = true;
  options.on_error = OnError::kSkip;
  options.sampling.patch_zyx = {33, 33, 33};
  PatchLoader loader(split, schema(), options);
  loader.start_epoch(0);
  Delivered delivered;
  while (const auto batch = loader.next())
    take(**batch, delivered);
  const std::vector<SkippedSample> skipped = loader.skipped();
  EXPECT_GT(skipped.size(), 0u);
  EXPECT_EQ(delivered.places.size() + skipped.size(), 21u);
  for (const SkippedSample& sample : skipped)
    EXPECT_EQ(sample.sample_id, 1u);
}

TEST_F(DamagedVolumeTest, ALabelAbove2IsDamageOfItsVolume) {
  std::vector<DrawnVolume> volumes = drawn_volumes();
  std::fill(volumes[1].label.begin(), volumes[1].label.end(), uint8_t{3});
  label_content_ = BrickContent::kIntensity;
  const PackedSplit split = write_split(volumes);
  PatchLoaderOptions options = small_options();
  options.sampling.sampling = PatchSampling::kUniform;
  options.on_error = OnError::kSkip;
  PatchLoader loader(split, schema(), options);
  loader.start_epoch(0);
  Delivered delivered;
  while (const auto batch = loader.next())
    take(**batch, delivered);
  const std::vector<SkippedSample> skipped = loader.skipped();
  ASSERT_GT(skipped.size(), 0u);
  EXPECT_THAT(skipped[0].place, testing::HasSubstr("'volume_1', field label"));
  EXPECT_EQ(skipped[0].reason, "expected labels 0, 1 and 2 (ignore), found 3");
  for (const PatchPlace& place : delivered.places)
    EXPECT_NE(place.volume, 1u);
}

}  // namespace
}  // namespace stoker
