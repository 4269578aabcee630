// What `predict` and validation feed to the network is what training fed it.
#include "trainer/predict/volume_input.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "libdata/core/error.h"
#include "libdata/volume/volume_fields.h"
#include "tests/cli/command.h"
#include "tests/trainer/volume_dataset.h"
#include "trainer/feed/patch_upload.h"

namespace stoker {
namespace {

class VolumeInputs : public testing::CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    ASSERT_EQ(run("make-sample-scrolls --output scrolls --count 1 --size 40 && "
                  "pack-volumes --input scrolls --output packed --moments --quiet && "
                  "precompute-features --input packed --output features --quiet")
                  .exit_code,
              0);
  }

  void expect_equal_to_loader(const char* folder, PatchInput kind, bool standardize) const {
    const PackedDataset dataset(folder_ / folder);
    const PackedSplit& split = dataset.split("");
    PatchLoaderOptions options;
    options.sampling.patch_zyx = {16, 24, 32};
    options.sampling.sampling = PatchSampling::kGrid;
    options.sampling.augmentation = kNoAugmentation;
    options.input = kind;
    options.standardize = standardize;
    options.threads = 1;
    PatchLoader loader(split, dataset.schema(), options);
    const VolumeInput input = read_volume_input(split, dataset.schema(), 0, kind, standardize);
    loader.start_epoch(0);
    int64_t patches = 0;
    while (const std::optional<PatchLease> lease = loader.next()) {
      const DeviceBatch tensors = upload_patches(**lease, torch::kCPU);
      for (int64_t i = 0; i < (*lease)->count; ++i) {
        const Box& box = (*lease)->places[static_cast<size_t>(i)].box;
        const torch::Tensor expected = network_box(input, box);
        ASSERT_EQ(tensors.input[i].sizes(), expected.sizes());
        EXPECT_TRUE(torch::allclose(tensors.input[i], expected, 1e-4, 1e-4))
            << (tensors.input[i] - expected).abs().max();
        ++patches;
      }
    }
    EXPECT_EQ(patches, 3 * 2 * 2);
  }
};

TEST_F(VolumeInputs, ComputedFeaturesEqualTheLoaders) {
  expect_equal_to_loader("packed", PatchInput::kComputedFeatures, true);
  expect_equal_to_loader("packed", PatchInput::kComputedFeatures, false);
}

TEST_F(VolumeInputs, StoredFeaturesEqualTheLoaders) {
  expect_equal_to_loader("features", PatchInput::kStoredFeatures, true);
}

TEST_F(VolumeInputs, TheImageEqualsTheLoaders) {
  expect_equal_to_loader("packed", PatchInput::kImage, true);
  expect_equal_to_loader("packed", PatchInput::kImage, false);
}

TEST_F(VolumeInputs, ABoxBeyondTheEndRepeatsTheLastVoxel) {
  const PackedDataset dataset(folder_ / "packed");
  const VolumeInput input =
      read_volume_input(dataset.split(""), dataset.schema(), 0, PatchInput::kImage, true);
  const torch::Tensor box = network_box(input, {{32, 0, 36}, {16, 40, 8}});
  EXPECT_TRUE(torch::equal(box.select(1, 7), box.select(1, 15)));
  EXPECT_TRUE(torch::equal(box.select(3, 3), box.select(3, 6)));
}

TEST_F(VolumeInputs, AutoTakesWhatTheDataSetHas) {
  EXPECT_EQ(choose_input("auto", PackedDataset(folder_ / "packed").schema()),
            PatchInput::kComputedFeatures);
  const PackedDataset features(folder_ / "features");
  EXPECT_EQ(choose_input("auto", features.schema()), PatchInput::kStoredFeatures);
  EXPECT_THROW(choose_input("image", features.schema()), Error);
}

VoxelVolume drawn_image(const testing::TestVolume& volume) {
  return {volume.size_zyx, DType::kUInt8, volume.image};
}

VoxelVolume wide_image(const testing::TestVolume& volume) {
  return {volume.size_zyx, DType::kUInt16, testing::widened(volume.image)};
}

// 257 v of 16 bits is v of 8: 65535 / 255 = 257.
TEST(VolumeInputOf16Bits, IsThatOf8OnTheSameScale) {
  const testing::TestVolume volume = testing::draw_test_volume("a", {20, 17, 23}, false);
  const Box whole{{0, 0, 0}, volume.size_zyx};
  for (const PatchInput kind : {PatchInput::kImage, PatchInput::kComputedFeatures}) {
    for (const bool standardize : {true, false}) {
      const auto narrow =
          network_box(make_volume_input(drawn_image(volume), kind, standardize), whole);
      const auto wide =
          network_box(make_volume_input(wide_image(volume), kind, standardize), whole);
      EXPECT_TRUE(torch::allclose(narrow, wide, 1e-5, 1e-5)) << (narrow - wide).abs().max();
    }
  }
}

TEST(VolumeInputOf16Bits, KeepsWhat8BitsCannotHold) {
  VoxelVolume image{{1, 1, 3}, DType::kUInt16, Bytes(6)};
  const std::array<uint16_t, 3> voxels{0, 32768, 65535};
  std::memcpy(image.voxels.data(), voxels.data(), 6);
  const auto box =
      network_box(make_volume_input(image, PatchInput::kImage, false), {{0, 0, 0}, image.size_zyx});
  EXPECT_FLOAT_EQ(box.flatten()[0].item<float>(), 0.0f);
  EXPECT_NEAR(box.flatten()[1].item<double>(), 32768.0 / 65535.0, 1e-7);
  EXPECT_FLOAT_EQ(box.flatten()[2].item<float>(), 1.0f);
}

TEST(VolumeInputOf16Bits, OtherVoxelsAreRefused) {
  EXPECT_THROW(make_volume_input({{1, 1, 1}, DType::kInt8, Bytes(1)}, PatchInput::kImage, true),
               Error);
}

}  // namespace
}  // namespace stoker
