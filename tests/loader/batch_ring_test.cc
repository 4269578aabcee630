#include "libdata/loader/batch_ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace stoker {
namespace {

constexpr uint64_t kSteps = 5;

// Two slots and one worker: which step was opened last in each.
class BatchRingTest : public ::testing::Test {
 protected:
  BatchRingTest()
      : ring_(1, 2,
              {[this](size_t slot, uint64_t step) { opened_[slot].store(step); },
               [](size_t, size_t, uint64_t, int64_t) {}, [](size_t, uint64_t) {}}) {}

  void start() {
    ring_.start(kSteps, 1, 1, [] {});
  }
  // Long enough for a worker that is free to go on; it has nothing to do but to note the step.
  static void give_time() { std::this_thread::sleep_for(std::chrono::milliseconds(50)); }

  std::atomic<uint64_t> opened_[2] = {};
  BatchRing ring_;
};

TEST_F(BatchRingTest, ALeaseOfAnEarlierEpochFreesNoSlotOfTheNextOne) {
  start();
  const BatchRing::Lent old = ring_.wait(0);
  start();
  const BatchRing::Lent first = ring_.wait(0);
  ring_.wait(1);
  ASSERT_EQ(old.slot, first.slot);
  ring_.release(old);
  give_time();
  EXPECT_EQ(opened_[first.slot].load(), 0u) << "the batch in hand was overwritten";
  ring_.release(first);
  EXPECT_EQ(ring_.wait(2).slot, first.slot);
  EXPECT_EQ(opened_[first.slot].load(), 2u);
}

TEST_F(BatchRingTest, StartFreesWhatIsStillLent) {
  start();
  ring_.wait(0);
  ring_.wait(1);
  start();
  for (uint64_t step = 0; step < kSteps; ++step)
    ring_.release(ring_.wait(step));
}

}  // namespace
}  // namespace stoker
