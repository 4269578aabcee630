#include "libdata/core/crc32c.h"

#include <gtest/gtest.h>

#include <random>

#include "libdata/core/files.h"

namespace stoker {
namespace {

// RFC 3720, appendix B.4, and the check value of the CRC catalogue.
TEST(Crc32c, GivesThePublishedValues) {
  for (const auto function : {&crc32c, &crc32c_by_table}) {
    EXPECT_EQ(function(as_bytes("123456789"), 0), 0xe3069283u);
    EXPECT_EQ(function(Bytes(32, 0), 0), 0x8a9136aau);
    EXPECT_EQ(function(Bytes(32, 0xff), 0), 0x62a8ab43u);
    EXPECT_EQ(function({}, 0), 0u);
  }
  EXPECT_EQ(mask_crc32c(0xe3069283u), 0xc78ab0e5u);
}

TEST(Crc32c, InstructionAndTableAgreeInPiecesOfAnySize) {
  std::mt19937 random(1);
  Bytes bytes(1000);
  for (uint8_t& byte : bytes)
    byte = static_cast<uint8_t>(random());
  for (size_t size = 0; size < 100; ++size) {
    const ByteSpan all(bytes);
    const uint32_t whole = crc32c(all.first(size + 300));
    EXPECT_EQ(whole, crc32c_by_table(all.first(size + 300)));
    EXPECT_EQ(crc32c(all.subspan(size, 300), crc32c(all.first(size))), whole);
    EXPECT_EQ(crc32c_by_table(all.subspan(size, 300), crc32c(all.first(size))), whole);
  }
}

}  // namespace
}  // namespace stoker
