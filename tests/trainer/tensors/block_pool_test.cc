#include "trainer/tensors/block_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstring>
#include <thread>
#include <vector>

namespace stoker {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

long minor_faults() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

TEST(BlockPool, GivesWholeAlignedPages) {
  BlockPool pool;
  void* const block = pool.take(3 * kMiB);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % BlockPool::kPage, 0u);
  EXPECT_EQ(pool.used_bytes(), 4 * kMiB);
  std::memset(block, 1, 4 * kMiB);
  EXPECT_TRUE(pool.give_back(block));
  EXPECT_EQ(pool.used_bytes(), 0u);
  EXPECT_EQ(pool.kept_bytes(), 4 * kMiB);
}

TEST(BlockPool, GivesTheSmallestKeptBlockThatFits) {
  BlockPool pool;
  void* const large = pool.take(40 * kMiB);
  void* const small = pool.take(20 * kMiB);
  pool.give_back(large);
  pool.give_back(small);
  EXPECT_EQ(pool.take(18 * kMiB), small);
  EXPECT_EQ(pool.take(40 * kMiB), large);
  EXPECT_EQ(pool.kept_bytes(), 0u);
}

TEST(BlockPool, DoesNotSpendALargeBlockOnASmallRequest) {
  BlockPool pool;
  void* const large = pool.take(40 * kMiB);
  void* const other = pool.take(40 * kMiB);
  pool.give_back(large);
  void* const small = pool.take(10 * kMiB);
  EXPECT_NE(small, large);
  EXPECT_EQ(pool.used_bytes(), 50 * kMiB);
  pool.give_back(small);
  pool.give_back(other);
}

TEST(BlockPool, LeavesWhatIsNotItsOwn) {
  BlockPool pool;
  std::vector<char> other(16);
  EXPECT_FALSE(pool.give_back(other.data()));
  EXPECT_FALSE(pool.give_back(reinterpret_cast<void*>(BlockPool::kPage)));
}

// The point of it: steps after the first find their memory where it was.
TEST(BlockPool, TakesNoPageFaultsAfterTheFirstRound) {
  BlockPool pool;
  const auto step = [&] {
    std::vector<void*> blocks;
    for (size_t i = 1; i <= 8; ++i) {
      blocks.push_back(pool.take(i * 4 * kMiB));
      std::memset(blocks.back(), 1, i * 4 * kMiB);
    }
    for (void* block : blocks)
      pool.give_back(block);
  };
  step();
  const long before = minor_faults();
  for (int i = 0; i < 10; ++i)
    step();
  EXPECT_LT(minor_faults() - before, 1000);  // 368,640 pages are written
}

TEST(BlockPool, KeepsNoMoreThanItSays) {
  BlockPool pool;
  size_t most_used = 0;
  for (size_t round = 0; round < 50; ++round) {
    const size_t size = (round % 7 + 1) * 9 * kMiB;  // sizes that seldom fit one another
    void* const block = pool.take(size);
    most_used = std::max(most_used, pool.used_bytes());
    EXPECT_LE(static_cast<double>(pool.used_bytes() + pool.kept_bytes()),
              BlockPool::kMostKept * static_cast<double>(most_used));
    pool.give_back(block);
  }
}

TEST(BlockPool, ServesThreadsAtOnce) {
  BlockPool pool;
  std::vector<std::thread> threads;
  for (unsigned char mark = 1; mark <= 4; ++mark) {
    threads.emplace_back([&pool, mark] {
      for (size_t round = 0; round < 200; ++round) {
        const size_t size = (round % 3 + 1) * 2 * kMiB;
        auto* const block = static_cast<unsigned char*>(pool.take(size));
        block[0] = block[size - 1] = mark;
        std::this_thread::yield();
        EXPECT_EQ(block[0], mark);
        EXPECT_EQ(block[size - 1], mark);
        pool.give_back(block);
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(pool.used_bytes(), 0u);
}

}  // namespace
}  // namespace stoker
