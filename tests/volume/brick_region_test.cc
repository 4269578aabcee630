#include "libdata/volume/brick_region.h"

#include <gtest/gtest.h>

#include <cstring>

#include "libdata/core/error.h"
#include "libdata/core/random.h"
#include "libdata/volume/brick_encoder.h"
#include "tests/volume/test_volumes.h"

namespace stoker {
namespace {

// The value that belongs at a voxel of the turned box, by the definition of Orientation.
uint16_t expected_voxel(const Box& box, const Orientation& orientation, int64_t c,
                        const Zyx& place) {
  const Zyx result_zyx = orientation.oriented(box.size_zyx);
  Zyx source{};
  for (size_t axis = 0; axis < 3; ++axis) {
    const size_t along = orientation.source_axis[axis];
    source[along] = box.begin_zyx[along] +
                    (orientation.reversed[axis] ? result_zyx[axis] - 1 - place[axis] : place[axis]);
  }
  return voxel_at(c, source[0], source[1], source[2]);
}

void expect_region(const VolumeShape& shape, const Bytes& blob, const Box& box,
                   const Orientation& orientation) {
  const Zyx size = orientation.oriented(box.size_zyx);
  Bytes out(VolumeShape{box.size_zyx, shape.channels, shape.dtype}.byte_count());
  read_region(parse_bricks(blob), blob, box, out, {orientation, {}, false});
  const size_t element = dtype_size(shape.dtype);
  size_t at = 0;
  size_t wrong = 0;
  for (int64_t c = 0; c < shape.channels; ++c) {
    for (int64_t z = 0; z < size[0]; ++z) {
      for (int64_t y = 0; y < size[1]; ++y) {
        for (int64_t x = 0; x < size[2]; ++x, at += element) {
          const uint16_t value = expected_voxel(box, orientation, c, {z, y, x});
          wrong += std::memcmp(&out[at], &value, element) != 0;
        }
      }
    }
  }
  EXPECT_EQ(wrong, 0u);
}

Orientation draw_orientation(RandomStream& random) {
  Orientation orientation;
  const std::array<std::array<uint8_t, 3>, 6> permutations{
      {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}};
  orientation.source_axis = permutations[random.next_below(6)];
  for (bool& reversed : orientation.reversed)
    reversed = random.next_bool();
  return orientation;
}

TEST(BrickRegion, AnyBoxInAnyOrientationHoldsItsVoxels) {
  for (const DType dtype : {DType::kUInt8, DType::kFloat16}) {
    const VolumeShape shape{{50, 70, 97}, dtype == DType::kUInt8 ? 1 : 2, dtype};
    const Bytes blob = encode_bricks(shape, make_voxels(shape), BrickContent::kIntensity);
    RandomStream random(1, 2, 3);
    for (int i = 0; i < 60; ++i) {
      Box box;
      for (size_t axis = 0; axis < 3; ++axis) {
        const auto side = static_cast<uint64_t>(shape.size_zyx[axis]);
        box.size_zyx[axis] = static_cast<int64_t>(1 + random.next_below(side));
        box.begin_zyx[axis] = static_cast<int64_t>(
            random.next_below(side - static_cast<uint64_t>(box.size_zyx[axis]) + 1));
      }
      expect_region(shape, blob, box, i % 3 == 0 ? Orientation{} : draw_orientation(random));
    }
  }
}

TEST(BrickRegion, RunsAlongXAreFetchedOnceAndOnlyWhereTouched) {
  const VolumeShape shape{{96, 96, 96}, 1, DType::kUInt8};
  const Bytes blob = encode_bricks(shape, make_voxels(shape), BrickContent::kIntensity);
  const BrickVolume volume = parse_bricks(blob);
  std::vector<std::pair<uint64_t, uint64_t>> fetched;
  const FetchBytes fetch = [&](uint64_t offset, uint64_t size) {
    fetched.emplace_back(offset, size);
    return ByteSpan(blob).subspan(offset, size);
  };
  const Box box{{0, 30, 40}, {10, 10, 40}};
  Bytes out(10 * 10 * 40);
  read_region(volume, fetch, box, out);
  const uint64_t first = volume.entry(1).offset_bytes;
  const uint64_t second = volume.entry(4).offset_bytes;
  const std::vector<std::pair<uint64_t, uint64_t>> expected{{first, 65536}, {second, 65536}};
  EXPECT_EQ(fetched, expected);
}

TEST(BrickRegion, BoxOutsideTheVolumeIsRefused) {
  const VolumeShape shape{{8, 8, 8}, 1, DType::kUInt8};
  const Bytes blob = encode_bricks(shape, make_voxels(shape), BrickContent::kIntensity);
  const BrickVolume volume = parse_bricks(blob);
  Bytes out(8);
  EXPECT_THROW(read_region(volume, blob, Box{{7, 0, 0}, {2, 2, 2}}, out), Error);
  EXPECT_THROW(read_region(volume, blob, Box{{0, -1, 0}, {2, 2, 2}}, out), Error);
  EXPECT_THROW(read_region(volume, blob, Box{{0, 0, INT64_MAX}, {2, 2, 2}}, out), Error);
  EXPECT_THROW(read_region(volume, blob, Box{{0, 0, 0}, {0, 2, 2}}, out), Error);
  EXPECT_THROW(read_region(volume, blob, Box{{0, 0, 0}, {2, 2, 1}}, out), Error);
}

TEST(Orientation, ComposingWithTheInverseTurnsBack) {
  RandomStream random(5, 0, 0);
  for (int i = 0; i < 50; ++i) {
    const Orientation first = draw_orientation(random);
    Orientation inverse;
    for (size_t axis = 0; axis < 3; ++axis) {
      inverse.source_axis[first.source_axis[axis]] = static_cast<uint8_t>(axis);
      inverse.reversed[first.source_axis[axis]] = first.reversed[axis];
    }
    EXPECT_TRUE(compose(first, inverse).is_identity());
    EXPECT_EQ(first.unoriented(first.oriented({1, 2, 3})), (Zyx{1, 2, 3}));
  }
}

}  // namespace
}  // namespace stoker
