// Patches of volumes that have nothing but an image, of 8 or 16 bits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libdata/core/error.h"
#include "libdata/loader/patch_loader.h"
#include "tests/loader/volume_split_fixture.h"

namespace stoker {
namespace {

using ::testing::HasSubstr;

constexpr Zyx kSize{40, 36, 50};

std::vector<uint16_t> widened(const Bytes& voxels) {
  std::vector<uint16_t> wide;
  for (const uint8_t voxel : voxels)
    wide.push_back(static_cast<uint16_t>(257 * voxel));
  return wide;
}

class ImagePatches : public FolderTest {
 protected:
  static Schema schema(DType dtype) {
    Field image;
    image.name = kImageField;
    image.dtype = dtype;
    image.axes = "ZYX";
    return {{image}};
  }

  PackedSplit write_image(DType dtype, ByteSpan voxels) const {
    const Bytes blob = encode_bricks({kSize, 1, dtype}, voxels, BrickContent::kIntensity);
    FieldValue value;
    value.bytes = blob;
    value.codec = Codec::kBricks;
    value.shape = value.original_shape = {kSize[0], kSize[1], kSize[2], 0};
    const std::filesystem::path path = folder_ / (std::string(dtype_name(dtype)) + ".shard");
    ShardWriter writer(path, {}, schema(dtype));
    writer.append("one", {&value, 1});
    ShardMeta meta;
    meta.split = "train";
    writer.finish(meta);
    std::vector<ShardReader> shards;
    shards.emplace_back(path);
    return PackedSplit("train", std::move(shards));
  }
  PackedSplit narrow() const { return write_image(DType::kUInt8, volume_.image); }
  PackedSplit wide() const {
    const std::vector<uint16_t> voxels = widened(volume_.image);
    return write_image(DType::kUInt16, {reinterpret_cast<const uint8_t*>(voxels.data()),
                                        voxels.size() * sizeof(uint16_t)});
  }

  static PatchLoaderOptions options(PatchInput input) {
    PatchLoaderOptions options;
    options.sampling.patch_zyx = {16, 24, 60};  // longer than the volume along x
    options.sampling.sampling = PatchSampling::kUniform;
    options.sampling.patches_per_volume = 9;
    options.input = input;
    options.with_label = false;
    options.standardize = false;
    options.batch_size = 9;
    options.threads = 2;
    return options;
  }

  const DrawnVolume volume_ = draw_volume(kSize, 3);
};

TEST_F(ImagePatches, NeedNoLabels) {
  const PackedSplit split = narrow();
  PatchLoader loader(split, schema(DType::kUInt8), options(PatchInput::kImage));
  loader.start_epoch(0);
  const auto batch = loader.next();
  EXPECT_EQ((*batch)->count, 9);
  EXPECT_EQ((*batch)->image.size(), 9u * 16 * 24 * 60);
  EXPECT_TRUE((*batch)->label.empty());
}

TEST_F(ImagePatches, OfSixteenBitsAreDeliveredAsStored) {
  const PackedSplit narrow_split = narrow();
  const PackedSplit wide_split = wide();
  PatchLoader loader(narrow_split, schema(DType::kUInt8), options(PatchInput::kImage));
  PatchLoader wide_loader(wide_split, schema(DType::kUInt16), options(PatchInput::kImage));
  loader.start_epoch(1);
  wide_loader.start_epoch(1);
  const auto batch = loader.next();
  const auto wide_batch = wide_loader.next();
  EXPECT_TRUE((*wide_batch)->image.empty());
  ASSERT_EQ((*wide_batch)->image16.size(), (*batch)->image.size());
  size_t wrong = 0;
  for (size_t i = 0; i < (*batch)->image.size(); ++i)
    wrong += (*wide_batch)->image16[i] != 257 * (*batch)->image[i];
  EXPECT_EQ(wrong, 0u);

  std::vector<float> values((*batch)->image.size());
  std::vector<float> wide_values(values.size());
  standardize(**batch, values);
  standardize(**wide_batch, wide_values);
  for (size_t i = 0; i < values.size(); i += 97)
    EXPECT_NEAR(wide_values[i], values[i], 1e-6);
}

TEST_F(ImagePatches, OfSixteenBitsGiveTheFeaturesOfTheirEightBitOnes) {
  const PackedSplit narrow_split = narrow();
  const PackedSplit wide_split = wide();
  PatchLoader loader(narrow_split, schema(DType::kUInt8), options(PatchInput::kComputedFeatures));
  PatchLoader wide_loader(wide_split, schema(DType::kUInt16),
                          options(PatchInput::kComputedFeatures));
  loader.start_epoch(0);
  wide_loader.start_epoch(0);
  const auto batch = loader.next();
  const auto wide_batch = wide_loader.next();
  EXPECT_TRUE(std::equal((*batch)->features.begin(), (*batch)->features.end(),
                         (*wide_batch)->features.begin(), (*wide_batch)->features.end()));
}

TEST_F(ImagePatches, OfTheSurfaceNeedLabelsAndSaySo) {
  const PackedSplit split = narrow();
  PatchLoaderOptions surface = options(PatchInput::kImage);
  surface.sampling.sampling = PatchSampling::kSurface;
  try {
    const PatchLoader loader(split, schema(DType::kUInt8), surface);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("packed without labels"));
  }
}

}  // namespace
}  // namespace stoker
