// Deflated arrays: read whole, read in order, read again from places on the way.
#include "formats/stacked/inflated_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

#include "tests/formats/stacked_values.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
using testing::failure;
using ::testing::HasSubstr;

constexpr size_t kLarge = size_t{72} << 20;  // more than is kept in memory at once

class InflatedBytesTest : public FolderTest {
 protected:
  // Numbers among zeros: quick to deflate, and different everywhere.
  static Bytes draw(size_t size) {
    std::mt19937 random(3);
    Bytes bytes(size);
    for (size_t at = 0; at + 4 <= size; at += 64)
      store_le(bytes.data() + at, static_cast<uint32_t>(random()));
    return bytes;
  }

  DeflatedRange deflate_to_file(const Bytes& plain) const {
    z_stream z{};
    deflateInit2(&z, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    Bytes packed(deflateBound(&z, plain.size()) + 10);
    z.next_in = const_cast<uint8_t*>(plain.data());
    z.avail_in = static_cast<uInt>(plain.size());
    z.next_out = packed.data() + 10;  // bytes of something else in front
    z.avail_out = static_cast<uInt>(packed.size() - 10);
    EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
    packed.resize(10 + z.total_out);
    deflateEnd(&z);
    return store(packed, plain);
  }
  DeflatedRange store(const Bytes& packed, const Bytes& plain) const {
    write_file_atomically(folder_ / "deflated", packed);
    DeflatedRange range;
    range.file = std::make_shared<const MappedFile>(folder_ / "deflated");
    range.begin = 10;
    range.size = packed.size() - 10;
    range.plain_size = plain.size();
    range.crc = static_cast<uint32_t>(crc32_z(0, plain.data(), plain.size()));
    return range;
  }
};

TEST_F(InflatedBytesTest, SmallOnesAreInMemory) {
  const Bytes plain = draw(100001);
  const auto bytes = inflated_bytes(deflate_to_file(plain), kMostInflatedInMemory);
  EXPECT_TRUE(bytes->is_random());
  Bytes buffer;
  const ByteSpan found = bytes->bytes(5, 99990, buffer);
  EXPECT_TRUE(std::equal(found.begin(), found.end(), plain.begin() + 5));
}

TEST_F(InflatedBytesTest, LargeOnesAreReadInAnyOrderAllTheSame) {
  const Bytes plain = draw(kLarge);
  const auto bytes = inflated_bytes(deflate_to_file(plain), 1 << 20);
  EXPECT_FALSE(bytes->is_random());
  std::mt19937_64 random(1);
  Bytes buffer;
  const auto check = [&](uint64_t at, uint64_t size) {
    const ByteSpan found = bytes->bytes(at, size, buffer);
    ASSERT_EQ(found.size(), size);
    ASSERT_TRUE(std::equal(found.begin(), found.end(), plain.begin() + static_cast<ptrdiff_t>(at)))
        << at << " " << size;
  };
  for (uint64_t at = 0; at < kLarge; at += 3000000)
    check(at, std::min<uint64_t>(3000000, kLarge - at));
  for (int round = 0; round < 12; ++round) {
    const uint64_t at = random() % kLarge;
    check(at, random() % std::min<uint64_t>(kLarge - at, 5000000));
  }
  check(1, kLarge - 1);
}

TEST_F(InflatedBytesTest, DamageIsFoundAndWhatLiesBeforeItIsStillRead) {
  const Bytes plain = draw(kLarge);
  DeflatedRange range = deflate_to_file(plain);
  const ByteSpan packed = range.file->bytes();
  Bytes damaged(packed.begin(), packed.end());
  std::fill_n(damaged.begin() + static_cast<ptrdiff_t>(damaged.size() / 2), 64, uint8_t{0xff});
  range = store(damaged, plain);
  const auto bytes = inflated_bytes(range, 1 << 20);
  Bytes buffer;
  EXPECT_THAT(failure([&] { bytes->bytes(kLarge - 10, 10, buffer); }), HasSubstr("damaged"));
  for (const uint64_t at : {uint64_t{1000}, uint64_t{30} << 20, uint64_t{5}}) {
    const ByteSpan found = bytes->bytes(at, 1000, buffer);
    EXPECT_TRUE(std::equal(found.begin(), found.end(), plain.begin() + static_cast<ptrdiff_t>(at)));
  }
  EXPECT_THAT(failure([&] { bytes->bytes(kLarge - 10, 10, buffer); }), HasSubstr("damaged"));
}

TEST_F(InflatedBytesTest, AWrongCrcShowsAtTheEnd) {
  DeflatedRange range = deflate_to_file(draw(5 << 20));
  range.crc ^= 1;
  EXPECT_THAT(failure([&] { inflate_whole(range); }), HasSubstr("CRC-32"));
  const auto bytes = inflated_bytes(range, 1 << 20);
  Bytes buffer;
  EXPECT_EQ(failure([&] { bytes->bytes(0, 100, buffer); }), "no error");
  EXPECT_THAT(failure([&] { bytes->bytes((5 << 20) - 4, 4, buffer); }), HasSubstr("CRC-32"));
}

TEST_F(InflatedBytesTest, SizesThatAreAnnouncedMustBeRight) {
  DeflatedRange range = deflate_to_file(draw(100000));
  range.plain_size = 99999;
  EXPECT_THAT(failure([&] { inflate_whole(range); }), HasSubstr("more than is announced"));
  range.plain_size = 100001;
  EXPECT_THAT(failure([&] { inflate_whole(range); }), HasSubstr("less than is announced"));
  range.plain_size = uint64_t{1} << 60;
  EXPECT_THAT(failure([&] { inflate_whole(range); }), HasSubstr("cannot inflate"));
}

}  // namespace
}  // namespace stoker
