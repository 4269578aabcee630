// Numbers and values of libdata/core against sources other than our own code.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "libdata/core/dtype.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/half.h"
#include "libdata/core/hash.h"
#include "libdata/core/random.h"
#include "libdata/core/units.h"

namespace stoker {
namespace {

// Known answers of Random123's kat_vectors file.
TEST(Philox, MatchesRandom123KnownAnswers) {
  using Block = std::array<uint32_t, 4>;
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}));
  const uint32_t f = 0xffffffffu;
  EXPECT_EQ(philox4x32({f, f, f, f}, {f, f}),
            (Block{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu}));
  EXPECT_EQ(
      philox4x32({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}, {0xa4093822u, 0x299f31d0u}),
      (Block{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u}));
}

TEST(RandomStream, DependsOnEachOfSeedEpochAndSample) {
  std::set<uint32_t> firsts;
  for (uint64_t seed : {1, 2}) {
    for (uint64_t epoch : {0, 1}) {
      for (uint64_t sample : {0, 1})
        firsts.insert(RandomStream(seed, epoch, sample).next_u32());
    }
  }
  EXPECT_EQ(firsts.size(), 8u);
}

TEST(RandomStream, FloatsLieInHalfOpenUnitInterval) {
  RandomStream stream(7, 0, 0);
  double sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const float x = stream.next_float();
    ASSERT_GE(x, 0.0f);
    ASSERT_LT(x, 1.0f);
    sum += x;
  }
  EXPECT_NEAR(sum / 100000, 0.5, 0.005);
}

TEST(RandomStream, NextBelowIsUniform) {
  RandomStream stream(3, 1, 4);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70000; ++i)
    ++counts[stream.next_below(7)];
  for (const int count : counts)
    EXPECT_NEAR(count, 10000, 500);
}

TEST(RandomPermutation, HoldsEachNumberOnceAndDiffersByEpoch) {
  const auto first = random_permutation(1000, 5, 0);
  EXPECT_EQ(std::set<uint64_t>(first.begin(), first.end()).size(), 1000u);
  EXPECT_EQ(*std::max_element(first.begin(), first.end()), 999u);
  EXPECT_EQ(first, random_permutation(1000, 5, 0));
  EXPECT_NE(first, random_permutation(1000, 5, 1));
}

TEST(Half, EveryHalfSurvivesTheRoundTrip) {
  for (uint32_t h = 0; h < 0x10000; ++h) {
    const float value = half_to_float(static_cast<uint16_t>(h));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(half_to_float(float_to_half(value))));
    } else {
      ASSERT_EQ(float_to_half(value), h);
    }
  }
}

TEST(Half, RoundsToNearestEven) {
  EXPECT_EQ(float_to_half(1.0f + 0x1p-11f), 0x3c00);             // half way: to even
  EXPECT_EQ(float_to_half(1.0f + 3 * 0x1p-11f), 0x3c02);         // half way: to even, upwards
  EXPECT_EQ(float_to_half(1.0f + 0x1p-11f + 0x1p-20f), 0x3c01);  // above half way
  EXPECT_EQ(float_to_half(65519.996f), 0x7bff);
  EXPECT_EQ(float_to_half(65520.0f), 0x7c00);
  EXPECT_EQ(float_to_half(0x1p-25f), 0x0000);  // half of the smallest: to even
  EXPECT_EQ(float_to_half(0x1.8p-25f), 0x0001);
}

TEST(DType, NamesAreNumPysAndRoundTrip) {
  EXPECT_EQ(dtype_name(DType::kFloat16), "float16");
  EXPECT_EQ(dtype_from_name("int64"), DType::kInt64);
  EXPECT_EQ(dtype_from_name("float128"), std::nullopt);
  EXPECT_EQ(dtype_size(DType::kInt32), 4u);
}

TEST(Units, ParsesByteCounts) {
  EXPECT_EQ(parse_byte_count("1GiB"), uint64_t{1} << 30);
  EXPECT_EQ(parse_byte_count("1.5 MiB"), 1572864u);
  EXPECT_EQ(parse_byte_count("500MB"), 500000000u);
  EXPECT_EQ(parse_byte_count("4096"), 4096u);
}

TEST(Units, RefusesWhatIsNoByteCount) {
  for (const char* text : {"", "GiB", "-1MB", "1 gigabyte", "0", "1e30", "nan", "1GiBx"}) {
    EXPECT_THROW(parse_byte_count(text), Error) << text;
  }
}

TEST(Error, SaysPathAndOffset) {
  const Error error = Error(ErrorCode::kCorrupt, "expected x, found y").at("a.tar", 512);
  EXPECT_STREQ(error.what(), "a.tar: at byte 512: expected x, found y");
  EXPECT_STREQ(error.at("b.tar", 9).what(), "a.tar: at byte 512: expected x, found y");
}

TEST(Units, CountsAgreeWithTheirNouns) {
  EXPECT_EQ(counted(0, "sample"), "0 samples");
  EXPECT_EQ(counted(1, "sample"), "1 sample");
  EXPECT_EQ(counted(2, "sample"), "2 samples");
  EXPECT_EQ(counted(1, "class"), "1 class");
  EXPECT_EQ(counted(2, "class"), "2 classes");
  EXPECT_EQ(counted(3, "patch"), "3 patches");
  EXPECT_EQ(counted(2, "entry"), "2 entries");
  EXPECT_EQ(counted(2, "day"), "2 days");
}

}  // namespace
}  // namespace stoker
