// Deep verification of single values: what decodes to what the index says passes, all else is
// listed with its place.
#include "tools/blob_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libdata/image/image_codec.h"
#include "libdata/volume/brick_encoder.h"

namespace stoker {
namespace {
using ::testing::HasSubstr;

Field field_of(const char* axes) {
  Field field;
  field.name = "value";
  field.axes = axes;
  return field;
}

class BrickedBlob : public ::testing::Test {
 protected:
  // 2 x 2 x 1 bricks of 40 x 33 x 32 voxels.
  BrickedBlob() {
    const VolumeShape shape{{40, 33, 32}, 1, DType::kUInt8};
    Bytes voxels(40 * 33 * 32);
    for (size_t i = 0; i < voxels.size(); ++i)
      voxels[i] = static_cast<uint8_t>(i * 7 + i / 251);
    blob_ = encode_bricks(shape, voxels, BrickContent::kIntensity);
  }

  std::vector<Error> check(const Extents& shape) const {
    BlobView view;
    view.bytes = blob_;
    view.codec = Codec::kBricks;
    view.shape = shape;
    return check_blob(field_of("ZYX"), view);
  }

  Bytes blob_;
};

TEST_F(BrickedBlob, PassesWhenWhole) {
  EXPECT_TRUE(check({40, 33, 32, 0}).empty());
}

TEST_F(BrickedBlob, ListsEveryDamagedBrickWithItsPlace) {
  const BrickVolume volume = parse_bricks(blob_);
  const uint64_t first = volume.entry(0).offset_bytes;
  const uint64_t last = volume.entry(3).offset_bytes;
  blob_[first + 5] ^= 1;
  blob_[last] ^= 1;
  const std::vector<Error> errors = check({40, 33, 32, 0});
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].offset_bytes(), first);
  EXPECT_THAT(errors[0].message(), HasSubstr("brick 0 (voxels z, y, x from 0, 0, 0)"));
  EXPECT_EQ(errors[1].offset_bytes(), last);
  EXPECT_THAT(errors[1].message(), HasSubstr("brick 3 (voxels z, y, x from 32, 32, 0)"));
}

TEST_F(BrickedBlob, ListsAShapeOtherThanTheIndexs) {
  const std::vector<Error> errors = check({40, 32, 33, 0});
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(errors[0].message(), HasSubstr("holds 40x33x32 voxels"));
}

TEST_F(BrickedBlob, RefusesADamagedHead) {
  blob_[20] ^= 1;
  EXPECT_THROW(check({40, 33, 32, 0}), Error);
}

TEST(ImageBlob, MustDecodeToTheIndexedShape) {
  const Bytes png = encode_png({2, 3, 3, Bytes(18, 9)});
  BlobView view;
  view.bytes = png;
  view.codec = Codec::kPng;
  view.shape = {2, 3, 3, 0};
  EXPECT_TRUE(check_blob(field_of("HWC"), view).empty());
  view.shape = {3, 2, 3, 0};
  EXPECT_EQ(check_blob(field_of("HWC"), view).size(), 1u);
  view.shape = {2, 3, 3, 0};
  view.codec = Codec::kJpeg;  // a PNG indexed as JPEG
  EXPECT_EQ(check_blob(field_of("HWC"), view).size(), 1u);
  view.codec = Codec::kPng;
  view.bytes = ByteSpan(png).first(20);
  EXPECT_THROW(check_blob(field_of("HWC"), view), Error);
}

}  // namespace
}  // namespace stoker
