// Where patches lie.
#include "libdata/loader/patch_sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "tests/loader/patch_loader_fixture.h"

namespace stoker {
namespace {

class PatchSamplerTest : public PatchLoaderTest {};

TEST_F(PatchSamplerTest, PatchesLieOnSurfaceAsOftenAsAskedAndElseOnLabelledVoxels) {
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
    const PatchDraw draw = sampler.draw(0, patch, options.patch_zyx, bricks);
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

TEST_F(PatchSamplerTest, VolumeWithoutSurfaceIsSampledAnyway) {
  DrawnVolume nothing = draw_volume({40, 40, 40}, 1);
  std::fill(nothing.label.begin(), nothing.label.end(), uint8_t{2});
  const PackedSplit split = write_split({nothing});
  EXPECT_EQ(run(split, small_options()).patch_hashes.size(), 7u);
}

TEST_F(PatchSamplerTest, GridCoversEveryVoxelAndIsNotAugmented) {
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

}  // namespace
}  // namespace stoker
