// What a loader makes of volumes whose bytes are damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "libdata/core/error.h"
#include "tests/loader/patch_loader_fixture.h"

namespace stoker {
namespace {

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
  const Delivered delivered = take_all(loader);
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
  const Delivered delivered = take_all(loader);
  const std::vector<SkippedSample> skipped = loader.skipped();
  ASSERT_GT(skipped.size(), 0u);
  EXPECT_THAT(skipped[0].place, testing::HasSubstr("'volume_1', field label"));
  EXPECT_EQ(skipped[0].reason, "expected labels 0, 1 and 2 (ignore), found 3");
  for (const PatchPlace& place : delivered.places)
    EXPECT_NE(place.volume, 1u);
}

}  // namespace
}  // namespace stoker
