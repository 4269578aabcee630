// One fault a test: what parsing refuses, and what verification finds and where.
#include <gtest/gtest.h>

#include <cstring>

#include "libdata/core/error.h"
#include "libdata/core/hash.h"
#include "libdata/volume/brick_encoder.h"
#include "libdata/volume/brick_region.h"
#include "tests/volume/test_volumes.h"

namespace stoker {
namespace {

constexpr size_t kTable = 128;

class BrickDamageTest : public ::testing::Test {
 protected:
  // 2 x 2 x 3 bricks; those with z >= 64 are constant.
  Bytes blob_ = encode_bricks({{65, 40, 32}, 1, DType::kUInt8}, make_labels({65, 40, 32}),
                              BrickContent::kLabel);

  template <typename T>
  void set(size_t at, T value) {
    std::memcpy(blob_.data() + at, &value, sizeof value);
  }
  template <typename T>
  T get(size_t at) const {
    T value;
    std::memcpy(&value, blob_.data() + at, sizeof value);
    return value;
  }
  size_t entry(size_t brick) const { return kTable + 32 * brick; }

  // Damage that whoever wrote the file hashed along.
  void fix_hashes() {
    const size_t bricks = get<uint64_t>(56);
    if (blob_.size() >= kTable + 32 * bricks) {
      set(96, xxh3_64(ByteSpan(blob_).subspan(kTable, 32 * bricks)));
    }
    set(120, xxh3_64(ByteSpan(blob_).first(120)));
  }

  void expect_refused(const std::string& reason, ErrorCode code = ErrorCode::kCorrupt) const {
    try {
      parse_bricks(blob_);
      FAIL() << "accepted; expected: " << reason;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      EXPECT_NE(error.message().find(reason), std::string::npos) << error.message();
      EXPECT_TRUE(error.offset_bytes().has_value());
    }
  }
};

TEST_F(BrickDamageTest, EveryPrefixIsRefused) {
  const Bytes whole = blob_;
  for (size_t size = 0; size < whole.size(); size += size < 1000 ? 1 : 97) {
    blob_.assign(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_THROW(parse_bricks(blob_), Error) << size;
  }
}

TEST_F(BrickDamageTest, BytesAfterTheEndAreRefused) {
  blob_.push_back(0);
  expect_refused("it says it has");
}

TEST_F(BrickDamageTest, EveryBitOfHeaderAndTableIsGuarded) {
  const size_t head = kTable + 32 * get<uint64_t>(56);
  for (size_t at = 0; at < head; ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      blob_[at] = static_cast<uint8_t>(blob_[at] ^ (1 << bit));
      EXPECT_THROW(parse_bricks(blob_), Error) << "byte " << at << " bit " << bit;
      blob_[at] = static_cast<uint8_t>(blob_[at] ^ (1 << bit));
    }
  }
}

TEST_F(BrickDamageTest, FlippedVoxelByteIsFoundInItsBrick) {
  const auto offset = get<uint64_t>(entry(2));
  blob_[offset + 20] ^= 1;
  const auto damages = verify_bricks(parse_bricks(blob_), blob_);
  ASSERT_EQ(damages.size(), 1u);
  EXPECT_EQ(damages[0].brick, 2u);
  EXPECT_EQ(damages[0].box, (Box{{32, 0, 0}, {32, 32, 32}}));
  EXPECT_EQ(damages[0].offset_bytes, offset);
}

TEST_F(BrickDamageTest, ReadRefusesDamagedBrickWhenAskedToCheck) {
  const BrickVolume volume = parse_bricks(blob_);
  blob_[get<uint64_t>(entry(2)) + 20] ^= 1;
  Bytes out(8);
  RegionOptions options;
  options.check_hashes = true;
  EXPECT_NO_THROW(read_region(volume, blob_, Box{{0, 0, 0}, {2, 2, 2}}, out, options));
  EXPECT_THROW(read_region(volume, blob_, Box{{31, 0, 0}, {2, 2, 2}}, out, options), Error);
}

TEST_F(BrickDamageTest, DirtyPaddingIsFound) {
  const VolumeShape shape{{33, 3, 3}, 1, DType::kUInt8};
  blob_ = encode_bricks(shape, make_voxels(shape), BrickContent::kIntensity);
  blob_[5000] = 1;  // between the first brick (288 bytes at 4096) and the second
  const auto damages = verify_bricks(parse_bricks(blob_), blob_);
  ASSERT_EQ(damages.size(), 1u);
  EXPECT_EQ(damages[0].offset_bytes, 5000u);
}

TEST_F(BrickDamageTest, WrongMagic) {
  blob_[0] = 'X';
  expect_refused("magic");
}

TEST_F(BrickDamageTest, NewerVersionIsUnsupported) {
  set(8, uint32_t{2});
  fix_hashes();
  expect_refused("version 2", ErrorCode::kUnsupported);
}

TEST_F(BrickDamageTest, SizeOfZero) {
  set(24, uint64_t{0});
  fix_hashes();
  expect_refused("size 0 along axis 1");
}

TEST_F(BrickDamageTest, SizePastTheLimit) {
  set(16, uint64_t{1} << 60);
  fix_hashes();
  expect_refused("along axis 0");
}

TEST_F(BrickDamageTest, SizeThatNeedsMoreBricksThanThereAre) {
  set(16, uint64_t{60000});
  fix_hashes();
  expect_refused("expected 3750 for its size");
}

TEST_F(BrickDamageTest, TableLargerThanTheBlob) {
  set(16, uint64_t{60000});
  set(24, uint64_t{60000});
  set(56, uint64_t{1875 * 1875});
  set(120, xxh3_64(ByteSpan(blob_).first(120)));
  expect_refused("does not fit in the blob");
}

TEST_F(BrickDamageTest, UnknownElementType) {
  blob_[48] = 99;
  fix_hashes();
  expect_refused("element type 99");
}

TEST_F(BrickDamageTest, ReservedBitsSet) {
  blob_[49] |= 2;
  fix_hashes();
  expect_refused("reserved content bits");
}

TEST_F(BrickDamageTest, ReservedByteOfAnEntrySet) {
  blob_[entry(1) + 13] = 1;
  fix_hashes();
  expect_refused("brick 1: reserved");
}

TEST_F(BrickDamageTest, BrickThatOverlapsTheOneBefore) {
  set(entry(1), get<uint64_t>(entry(0)));
  fix_hashes();
  expect_refused("brick 1: offset");
}

TEST_F(BrickDamageTest, BrickPastTheEnd) {
  set(entry(0) + 8, uint32_t{0xffffffff});
  fix_hashes();
  expect_refused("brick 0: it ends past the end");
}

TEST_F(BrickDamageTest, UnknownEncoding) {
  blob_[entry(0) + 12] = 9;
  fix_hashes();
  expect_refused("brick 0: unknown encoding 9");
}

TEST_F(BrickDamageTest, EncodingThatDoesNotFitTheType) {
  blob_[entry(0) + 12] = 3;
  fix_hashes();
  expect_refused("brick 0: encoding does not fit");
}

TEST_F(BrickDamageTest, CountsThatDoNotAddUp) {
  set(entry(0) + 24, static_cast<uint16_t>(get<uint16_t>(entry(0) + 24) + 1));
  fix_hashes();
  expect_refused("brick 0: label counts do not add up");
}

TEST_F(BrickDamageTest, CountsThatContradictTheVoxels) {
  set(entry(0) + 24, static_cast<uint16_t>(get<uint16_t>(entry(0) + 24) + 1));
  set(entry(0) + 26, static_cast<uint16_t>(get<uint16_t>(entry(0) + 26) - 1));
  set(64, get<uint64_t>(64) + 1);
  set(72, get<uint64_t>(72) - 1);
  fix_hashes();
  const auto damages = verify_bricks(parse_bricks(blob_), blob_);
  ASSERT_EQ(damages.size(), 1u);
  EXPECT_EQ(damages[0].reason, "label counts do not match the voxels");
}

// A frame whose bytes are hashed, but which is no Blosc frame of this brick.
TEST_F(BrickDamageTest, FrameThatDoesNotDecode) {
  const auto offset = get<uint64_t>(entry(0));
  const auto size = get<uint32_t>(entry(0) + 8);
  for (uint32_t at = 0; at < size; ++at) {
    const Bytes whole = blob_;
    blob_[offset + at] ^= 0x55;
    set(entry(0) + 16, xxh3_64(ByteSpan(blob_).subspan(offset, size)));
    fix_hashes();
    verify_bricks(parse_bricks(blob_), blob_);  // damage or other labels, but no crash
    blob_ = whole;
  }
  blob_[offset + 4] ^= 1;  // the frame's own count of bytes
  set(entry(0) + 16, xxh3_64(ByteSpan(blob_).subspan(offset, size)));
  fix_hashes();
  const auto damages = verify_bricks(parse_bricks(blob_), blob_);
  ASSERT_EQ(damages.size(), 1u);
  EXPECT_NE(damages[0].reason.find("does not decode"), std::string::npos);
}

}  // namespace
}  // namespace stoker
