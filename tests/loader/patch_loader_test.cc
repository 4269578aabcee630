#include "libdata/loader/patch_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "libdata/core/error.h"
#include "tests/loader/patch_loader_fixture.h"

namespace stoker {
namespace {

PatchAugmentation flips_only() {
  PatchAugmentation augmentation = kNoAugmentation;
  augmentation.flip_probability_zyx = {0.5, 0.5, 0.5};
  return augmentation;
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

}  // namespace
}  // namespace stoker
