#include "libdata/volume/bricks.h"

#include <gtest/gtest.h>

#include <cstring>

#include "libdata/core/error.h"
#include "libdata/core/hash.h"
#include "libdata/volume/brick_encoder.h"
#include "libdata/volume/brick_region.h"
#include "tests/volume/test_volumes.h"

namespace stoker {
namespace {

TEST(Bricks, RoundTripOverTypesChannelsAndOddShapes) {
  for (const DType dtype : {DType::kUInt8, DType::kInt8, DType::kUInt16, DType::kFloat16}) {
    for (const int64_t channels : {1, 3}) {
      for (const Zyx& size : {Zyx{1, 1, 1}, Zyx{7, 40, 33}, Zyx{32, 32, 32}, Zyx{65, 1, 31}}) {
        const VolumeShape shape{size, channels, dtype};
        const Bytes voxels = make_voxels(shape);
        const Bytes blob = encode_bricks(shape, voxels, BrickContent::kIntensity);
        const BrickVolume volume = parse_bricks(blob);
        EXPECT_EQ(volume.shape(), shape);
        EXPECT_EQ(read_volume(volume, blob), voxels);
        EXPECT_TRUE(verify_bricks(volume, blob).empty());
      }
    }
  }
}

TEST(Bricks, RawBricksArePageAlignedAndClipped) {
  const VolumeShape shape{{40, 33, 70}, 1, DType::kUInt8};
  const Bytes blob = encode_bricks(shape, make_voxels(shape), BrickContent::kIntensity);
  const BrickVolume volume = parse_bricks(blob);
  ASSERT_EQ(volume.brick_count(), 2u * 2u * 3u);
  for (uint64_t brick = 0; brick < volume.brick_count(); ++brick) {
    const BrickEntry entry = volume.entry(brick);
    EXPECT_EQ(entry.encoding, BrickEncoding::kRaw);
    EXPECT_EQ(entry.offset_bytes % 4096, 0u);
    EXPECT_EQ(entry.stored_bytes, volume.grid().box(brick).voxel_count());
  }
  EXPECT_EQ(volume.grid().box(11), (Box{{32, 32, 64}, {8, 1, 6}}));
}

TEST(Bricks, BricksOfOneValueTakeNoRoom) {
  const VolumeShape shape{{64, 64, 64}, 1, DType::kUInt8};
  Bytes voxels(shape.byte_count(), 9);
  voxels[0] = 1;
  const Bytes blob = encode_bricks(shape, voxels, BrickContent::kIntensity);
  EXPECT_LT(blob.size(), 4096u + 32768u + 1u);
  EXPECT_EQ(read_volume(parse_bricks(blob), blob), voxels);
}

TEST(Bricks, SixteenBitBricksOfOneValueTakeNoRoom) {
  const VolumeShape shape{{33, 32, 32}, 1, DType::kUInt16};
  Bytes voxels(shape.byte_count());
  for (size_t i = 0; i < voxels.size(); i += 2) {
    voxels[i] = 0x34;
    voxels[i + 1] = 0x12;
  }
  const Bytes blob = encode_bricks(shape, voxels, BrickContent::kIntensity);
  const BrickVolume volume = parse_bricks(blob);
  for (uint64_t brick = 0; brick < volume.brick_count(); ++brick) {
    EXPECT_EQ(volume.entry(brick).encoding, BrickEncoding::kConstant);
    EXPECT_EQ(volume.entry(brick).value_bits, 0x1234);
  }
  EXPECT_EQ(read_volume(volume, blob), voxels);
}

TEST(Bricks, LabelsAreCountedPerBrick) {
  const Zyx size{70, 40, 90};
  const Bytes labels = make_labels(size);
  const Bytes blob = encode_bricks({size, 1, DType::kUInt8}, labels, BrickContent::kLabel);
  const BrickVolume volume = parse_bricks(blob);
  ASSERT_TRUE(volume.has_labels());
  std::array<uint64_t, 3> total{0, 0, 0};
  for (const uint8_t value : labels)
    ++total[value];
  EXPECT_EQ(volume.label_counts(), total);
  for (uint64_t brick = 0; brick < volume.brick_count(); ++brick) {
    const Box box = volume.grid().box(brick);
    std::array<uint16_t, 3> counts{0, 0, 0};
    for (int64_t z = box.begin_zyx[0]; z < box.end(0); ++z) {
      for (int64_t y = box.begin_zyx[1]; y < box.end(1); ++y) {
        for (int64_t x = box.begin_zyx[2]; x < box.end(2); ++x) {
          ++counts[labels[static_cast<size_t>((z * size[1] + y) * size[2] + x)]];
        }
      }
    }
    EXPECT_EQ(volume.entry(brick).label_counts, counts) << "brick " << brick;
  }
  EXPECT_EQ(read_volume(volume, blob), labels);
  EXPECT_TRUE(verify_bricks(volume, blob).empty());
}

TEST(Bricks, LabelsArePackedSmall) {
  const Zyx size{64, 64, 64};
  const Bytes blob =
      encode_bricks({size, 1, DType::kUInt8}, make_labels(size), BrickContent::kLabel);
  EXPECT_LT(blob.size(), 64u * 64u * 64u / 4u);
}

TEST(Bricks, LabelOutsideZeroToTwoIsRefusedWithItsPlace) {
  Bytes labels(40 * 40 * 40, 0);
  labels[(35 * 40 + 2) * 40 + 39] = 3;
  try {
    encode_bricks({{40, 40, 40}, 1, DType::kUInt8}, labels, BrickContent::kLabel);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_NE(error.message().find("label value 3 at z 35, y 2, x 39"), std::string::npos)
        << error.message();
  }
}

// A ramp that never moves by more than one, as distances do, and one that does.
Bytes make_distances(const Zyx& size_zyx, int64_t slope) {
  Bytes bytes;
  for (int64_t z = 0; z < size_zyx[0]; ++z) {
    for (int64_t y = 0; y < size_zyx[1]; ++y) {
      for (int64_t x = 0; x < size_zyx[2]; ++x) {
        const int64_t distance = std::clamp<int64_t>(slope * (z + (y - x) / 2), -127, 127);
        bytes.push_back(static_cast<uint8_t>(static_cast<int8_t>(distance)));
      }
    }
  }
  return bytes;
}

TEST(Bricks, DistancesAreStoredAsStepsWhereTheyFit) {
  const Zyx size{40, 50, 64};
  for (const int64_t slope : {1, -1, 3}) {
    const Bytes distances = make_distances(size, slope);
    const Bytes blob = encode_bricks({size, 1, DType::kInt8}, distances, BrickContent::kDistance);
    const BrickVolume volume = parse_bricks(blob);
    EXPECT_EQ(volume.entry(0).encoding, slope == 3 ? BrickEncoding::kRaw : BrickEncoding::kSteps);
    EXPECT_EQ(read_volume(volume, blob), distances);
    EXPECT_TRUE(verify_bricks(volume, blob).empty());
  }
}

TEST(Bricks, RawBricksFilledInPlaceEqualEncodedOnes) {
  const VolumeShape shape{{33, 40, 35}, 2, DType::kFloat16};
  const Bytes voxels = make_voxels(shape);
  const Bytes encoded = encode_bricks(shape, voxels, BrickContent::kIntensity);
  const BrickVolume source = parse_bricks(encoded);
  const RawBricks bricks(shape);
  Bytes blob(bricks.blob_bytes(), 0xcd);
  for (uint64_t brick = 0; brick < bricks.grid().brick_count(); ++brick) {
    Bytes part(source.brick_bytes(brick));
    read_region(source, encoded, bricks.grid().box(brick), part);
    std::memcpy(blob.data() + bricks.offset(brick), part.data(), part.size());
  }
  bricks.seal(blob);
  EXPECT_EQ(blob, encoded);
}

TEST(Bricks, HeadAloneIsEnoughToPlanReads) {
  const VolumeShape shape{{64, 64, 64}, 1, DType::kUInt8};
  const Bytes blob = encode_bricks(shape, make_voxels(shape), BrickContent::kIntensity);
  const uint64_t head_bytes = brick_head_bytes(ByteSpan(blob).first(128), blob.size());
  EXPECT_EQ(head_bytes, 128u + 8u * 32u);
  const BrickVolume volume = parse_brick_head(ByteSpan(blob).first(head_bytes), blob.size());
  EXPECT_EQ(volume.entry(7).offset_bytes + 32768, blob.size());
}

TEST(Bricks, ShapesOutsideTheFormatAreRefused) {
  const Bytes none;
  EXPECT_THROW(encode_bricks({{0, 1, 1}, 1, DType::kUInt8}, none, BrickContent::kIntensity), Error);
  EXPECT_THROW(encode_bricks({{1, 1, 1}, 65, DType::kUInt8}, none, BrickContent::kIntensity),
               Error);
  EXPECT_THROW(encode_bricks({{1, 1, 1}, 1, DType::kInt32}, none, BrickContent::kIntensity), Error);
  EXPECT_THROW(encode_bricks({{1, 1, 1}, 1, DType::kInt8}, none, BrickContent::kLabel), Error);
  EXPECT_THROW(encode_bricks({{1, 1, 2}, 1, DType::kInt8}, none, BrickContent::kIntensity), Error);
}

}  // namespace
}  // namespace stoker
