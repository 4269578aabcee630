#include "libdata/loader/batch_block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "libdata/core/error.h"

namespace stoker {
namespace {

using ::testing::ElementsAre;

BatchHeader header_of(int64_t count, int64_t padding = 0) {
  BatchHeader header;
  header.epoch = 7;
  header.step = 3;
  header.position_after = 40;
  header.count = count;
  header.padding = padding;
  return header;
}

// Five rows of 3 and of 4 bytes: row i holds i, and 100 i.
class BatchBlockTest : public ::testing::Test {
 protected:
  BatchBlockTest() : bytes_at_(layout_.add_rows(3)), numbers_at_(layout_.add_rows(4)) {
    block_.open(header_of(5, 2), layout_);
    for (size_t i = 0; i < 5; ++i) {
      for (size_t j = 0; j < 3; ++j)
        block_.values<uint8_t>(bytes_at_, 15)[3 * i + j] = static_cast<uint8_t>(i);
      block_.values<uint32_t>(numbers_at_, 5)[i] = static_cast<uint32_t>(100 * i);
    }
  }
  std::vector<uint32_t> numbers() const {
    const auto kept = static_cast<size_t>(block_.header().count);
    const std::span<uint32_t> numbers = block_.values<uint32_t>(numbers_at_, kept);
    return {numbers.begin(), numbers.end()};
  }

  BlockLayout layout_{5};
  const uint64_t bytes_at_;
  const uint64_t numbers_at_;
  BatchBlock block_{std::nullopt, 4096};
};

TEST_F(BatchBlockTest, ArraysFollowTheHeaderAtMultiplesOf64) {
  EXPECT_EQ(bytes_at_, 64u);
  EXPECT_EQ(numbers_at_, 128u);
  EXPECT_EQ(layout_.end_bytes(), 192u);
  BlockLayout many(1000);
  EXPECT_EQ(many.add_rows(1), 64u);
  EXPECT_EQ(many.add_rows(1), 1088u);  // 64 + 1000 bytes, rounded up
}

TEST_F(BatchBlockTest, EndsWithTheLastRow) {
  block_.close({});
  EXPECT_EQ(block_.bytes().size(), 128u + 5 * 4);
  EXPECT_EQ(block_.header().padding, 2);
  EXPECT_THAT(numbers(), ElementsAre(0, 100, 200, 300, 400));
}

TEST_F(BatchBlockTest, BytesBehindTheRowsBelongToIt) {
  block_.close({}, 1000);
  EXPECT_EQ(block_.bytes().size(), 192u + 1000);
}

TEST_F(BatchBlockTest, FailedRowsAreLeftOutOfEveryArray) {
  const std::vector<int64_t> failed{0, 2};
  block_.close(failed);
  EXPECT_EQ(block_.header().count, 3);
  EXPECT_EQ(block_.header().padding, 2);  // rows 3 and 4 were the padding
  EXPECT_THAT(numbers(), ElementsAre(100, 300, 400));
  EXPECT_THAT(block_.values<uint8_t>(bytes_at_, 9), ElementsAre(1, 1, 1, 3, 3, 3, 4, 4, 4));
  EXPECT_EQ(block_.bytes().size(), 128u + 3 * 4);
}

TEST_F(BatchBlockTest, FailedPaddingIsPaddingNoMore) {
  const std::vector<int64_t> failed{1, 4};
  block_.close(failed);
  EXPECT_EQ(block_.header().count, 3);
  EXPECT_EQ(block_.header().padding, 1);
}

TEST_F(BatchBlockTest, NothingMayBeLeft) {
  const std::vector<int64_t> failed{0, 1, 2, 3, 4};
  block_.close(failed);
  EXPECT_EQ(block_.header().count, 0);
  EXPECT_EQ(block_.header().padding, 0);
  EXPECT_THAT(numbers(), ElementsAre());
}

TEST_F(BatchBlockTest, BeginsWithItsHeader) {
  const std::vector<int64_t> failed{2};
  block_.close(failed);
  BatchHeader read;
  std::memcpy(&read, block_.bytes().data(), sizeof read);
  EXPECT_EQ(read.epoch, 7u);
  EXPECT_EQ(read.step, 3u);
  EXPECT_EQ(read.position_after, 40u);
  EXPECT_EQ(read.count, 4);
  EXPECT_EQ(read.padding, 2);
  EXPECT_EQ(read.block_bytes, block_.bytes().size());
}

TEST(BatchBlock, RefusesMemoryThatIsNotAligned) {
  std::vector<uint8_t> memory(1024);
  int released = 0;
  const BufferSource source{[&](size_t) {
                              const uintptr_t at = reinterpret_cast<uintptr_t>(memory.data());
                              return memory.data() + (64 - at % 64) + 8;
                            },
                            [&](uint8_t*, size_t) { ++released; }};
  EXPECT_THAT([&] { BatchBlock(source, 512); },
              testing::Throws<Error>(testing::Property(&Error::code, ErrorCode::kInvalidArgument)));
  EXPECT_EQ(released, 1);
}

}  // namespace
}  // namespace stoker
