#include "libdata/core/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

namespace stoker {
namespace {

TEST(RunOrdered, ConsumesInOrderAndNeverSharesASlot) {
  constexpr size_t kSlots = 5;
  const ThreadLimit limit(4);
  std::vector<std::atomic<int>> owners(kSlots);
  std::vector<uint64_t> consumed;
  run_ordered(
      500, kSlots, [&](uint64_t, size_t slot) { EXPECT_EQ(owners[slot].fetch_add(1), 0); },
      [&](uint64_t i, size_t slot) {
        consumed.push_back(i);
        EXPECT_EQ(owners[slot].fetch_sub(1), 1);
      });
  ASSERT_EQ(consumed.size(), 500u);
  for (uint64_t i = 0; i < 500; ++i)
    EXPECT_EQ(consumed[i], i);
}

TEST(RunOrdered, TakesInOrderOneAtATimeIntoAFreeSlot) {
  constexpr size_t kSlots = 5;
  const ThreadLimit limit(4);
  std::vector<std::atomic<uint64_t>> taken_into(kSlots);  // one more than the item; 0: free
  std::atomic<int> takers{0};
  std::vector<uint64_t> taken;
  std::vector<uint64_t> consumed;
  run_ordered(
      500, kSlots,
      [&](uint64_t i, size_t slot) {
        EXPECT_EQ(takers.fetch_add(1), 0);
        EXPECT_EQ(taken_into[slot].exchange(i + 1), 0u);
        taken.push_back(i);
        --takers;
      },
      [&](uint64_t i, size_t slot) { EXPECT_EQ(taken_into[slot], i + 1); },
      [&](uint64_t i, size_t slot) {
        consumed.push_back(i);
        taken_into[slot] = 0;
      });
  std::vector<uint64_t> expected(500);
  std::iota(expected.begin(), expected.end(), uint64_t{0});
  EXPECT_EQ(taken, expected);
  EXPECT_EQ(consumed, expected);
}

TEST(RunOrdered, RethrowsWhatAStageThrows) {
  EXPECT_THROW(run_ordered(
                   100, 4,
                   [](uint64_t i, size_t) {
                     if (i == 50) throw std::runtime_error("item 50");
                   },
                   [](uint64_t, size_t) {}),
               std::runtime_error);
  EXPECT_THROW(run_ordered(
                   100, 4,
                   [](uint64_t i, size_t) {
                     if (i == 50) throw std::runtime_error("item 50");
                   },
                   [](uint64_t, size_t) {}, [](uint64_t, size_t) {}),
               std::runtime_error);
}

TEST(RunParallel, RunsEachTaskOnce) {
  std::vector<std::atomic<int>> runs(1000);
  run_parallel(1000, [&](uint64_t i) { runs[i].fetch_add(1); });
  for (const auto& run : runs)
    EXPECT_EQ(run.load(), 1);
}

// An inner loop that the failure of an outer item cuts short must not return as if it were done.
TEST(RunOrdered, NestedLoopsThatAreCutShortThrow) {
  const ThreadLimit limit(4);
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> lying{0};
    const auto outer = [&](uint64_t i, size_t) {
      if (i == 2) throw std::runtime_error("outer item fails");
      std::atomic<int> ordered{0};
      std::atomic<int> parallel{0};
      run_ordered(
          100, 4, [](uint64_t, size_t) {}, [&](uint64_t, size_t) { ++ordered; });
      if (ordered != 100) ++lying;
      run_parallel(100, [&](uint64_t) { ++parallel; });
      if (parallel != 100) ++lying;
    };
    EXPECT_THROW(run_ordered(4, 4, outer, [](uint64_t, size_t) {}), std::runtime_error);
    ASSERT_EQ(lying.load(), 0) << "round " << round;
  }
}

TEST(RunOnThisThread, DoesAllWorkInOrderOnTheCallersThread) {
  const auto caller = std::this_thread::get_id();
  std::vector<uint64_t> done;
  run_on_this_thread([&] {
    run_parallel(50, [&](uint64_t i) {
      EXPECT_EQ(std::this_thread::get_id(), caller);
      done.push_back(i);
    });
    run_ordered(
        50, 3, [&](uint64_t i, size_t slot) { EXPECT_EQ(slot, i % 3); },
        [&](uint64_t i, size_t) {
          EXPECT_EQ(std::this_thread::get_id(), caller);
          done.push_back(50 + i);
        });
  });
  ASSERT_EQ(done.size(), 100u);
  for (uint64_t i = 0; i < 100; ++i)
    EXPECT_EQ(done[i], i);
}

TEST(RunOnThisThread, EndsWithTheWorkEvenIfItThrows) {
  EXPECT_THROW(run_on_this_thread(
                   [] { run_parallel(5, [](uint64_t) { throw std::runtime_error("bad"); }); }),
               std::runtime_error);
  const ThreadLimit limit(2);
  std::atomic<int> arrived{0};
  run_parallel(2, [&](uint64_t) {
    ++arrived;
    for (int i = 0; i < 5000 && arrived < 2; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  EXPECT_EQ(arrived, 2);
}

// Whatever the number of cores: seven tasks that wait for one another are at work at once.
TEST(ThreadLimit, MoreThreadsThanCoresAreReallyThere) {
  constexpr int kThreads = 7;
  const ThreadLimit limit(kThreads);
  std::atomic<int> arrived{0};
  std::atomic<int> met{0};
  run_parallel(kThreads, [&](uint64_t) {
    ++arrived;
    for (int i = 0; i < 5000 && arrived < kThreads; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (arrived == kThreads) ++met;
  });
  EXPECT_EQ(met, kThreads);
}

TEST(ThreadLimit, OneThreadIsTheCallersOwn) {
  const ThreadLimit limit(1);
  run_parallel(100, [caller = std::this_thread::get_id()](uint64_t) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
  });
}

TEST(ThreadLimit, SetsAndRestores) {
  const int before = thread_count();
  {
    const ThreadLimit limit(3);
    EXPECT_EQ(thread_count(), 3);
  }
  EXPECT_EQ(thread_count(), before);
}

}  // namespace
}  // namespace stoker
