// The parts of run control that need no network: the writer's thread, the user's command, limits.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <memory>
#include <thread>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/stop.h"
#include "tests/temp_folder.h"
#include "trainer/run/after_save.h"
#include "trainer/run/available_memory.h"
#include "trainer/run/background_writer.h"
#include "trainer/run/save_clock.h"
#include "trainer/run/time_limit.h"

namespace stoker {
namespace {

using ::testing::ElementsAre;

TEST(BackgroundWriter, WorksInOrderAndOneAtATime) {
  std::vector<int> order;
  std::atomic<int> at_work{0};
  std::atomic<bool> two_at_once{false};
  {
    BackgroundWriter writer;
    for (int i = 0; i < 20; ++i) {
      writer.submit([&, i] {
        if (++at_work > 1) two_at_once = true;
        order.push_back(i);
        --at_work;
      });
    }
    writer.wait();
    EXPECT_TRUE(writer.is_idle());
    EXPECT_EQ(order.size(), 20u);
    writer.submit([&] { order.push_back(20); });
  }
  EXPECT_EQ(order.size(), 21u);  // the destructor waits
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_FALSE(two_at_once);
}

TEST(BackgroundWriter, TheCallerGoesOnMeanwhile) {
  BackgroundWriter writer;
  std::promise<void> gate;
  writer.submit([&] { gate.get_future().wait(); });
  EXPECT_FALSE(writer.is_idle());
  gate.set_value();
  writer.wait();
}

TEST(BackgroundWriter, AnErrorReachesTheCallerOnceAndWhatStoodBehindIsDropped) {
  BackgroundWriter writer;
  std::promise<void> gate;
  bool ran = false;
  writer.submit([&] {
    gate.get_future().wait();
    throw Error(ErrorCode::kIo, "the disk is full");
  });
  writer.submit([&] { ran = true; });
  gate.set_value();
  EXPECT_THROW(writer.wait(), Error);
  EXPECT_FALSE(ran);
  EXPECT_TRUE(writer.has_failed());
  EXPECT_NO_THROW(writer.check());
  writer.submit([&] { ran = true; });
  EXPECT_NO_THROW(writer.wait());
  EXPECT_TRUE(ran);
}

// What a piece writes is seen by whoever has waited for it, and what it owned is gone by then;
// neither is guarded by more than the writer itself (for ThreadSanitizer).
TEST(BackgroundWriter, WaitingOrdersWhatThePiecesDidBeforeWhatFollows) {
  struct Owned {
    explicit Owned(int& alive_count) : alive(alive_count) { ++alive; }
    ~Owned() { --alive; }
    int& alive;
  };
  int done = 0;
  int alive = 0;
  int failures = 0;
  BackgroundWriter writer;
  for (int round = 1; round <= 300; ++round) {
    writer.submit([&, owned = std::make_shared<Owned>(alive), round] {
      ++done;
      if (round % 10 == 0) throw Error(ErrorCode::kIo, "the disk is full");
    });
    try {
      if (round % 3 == 0) writer.check();
      writer.wait();
    } catch (const Error&) {
      ++failures;
      writer.wait();
    }
    EXPECT_EQ(done, round);
    EXPECT_EQ(alive, 0);
  }
  EXPECT_EQ(failures, 30);
}

class AfterSaveTest : public FolderTest {
 protected:
  std::string command() const {
    return "echo $STOKER_CHECKPOINT >> '" + (folder_ / "seen").string() + "'; sleep 0.2";
  }
  std::string seen() const { return read_text_file(folder_ / "seen"); }
};

TEST_F(AfterSaveTest, OfThoseThatWaitOnlyTheNewestIsRun) {
  {
    AfterSave after_save(command());
    after_save.offer("/a");
    after_save.poll();
    EXPECT_EQ(after_save.in_use(), std::filesystem::path("/a"));
    after_save.offer("/b");
    after_save.poll();
    after_save.offer("/c");
  }
  EXPECT_EQ(seen(), "/a\n/c\n");
}

TEST_F(AfterSaveTest, WhatWasForgottenIsNotRun) {
  AfterSave after_save(command());
  after_save.offer("/a");
  after_save.forget();
  after_save.finish();
  EXPECT_FALSE(std::filesystem::exists(folder_ / "seen"));
}

TEST(TimeLimit, LeavesTimeForAStepAndASave) {
  const auto now = std::chrono::steady_clock::now();
  {
    TimeLimit limit(now + std::chrono::hours(1), 0);
    EXPECT_NO_THROW(throw_if_stopped());
    limit.note_step(1000.0);
    EXPECT_NO_THROW(throw_if_stopped());  // 2000 of 3600 seconds
    limit.note_save(700.0);
    try {
      throw_if_stopped();  // 3750
      FAIL();
    } catch (const Stopped& stopped) {
      EXPECT_TRUE(stopped.time_is_up);
      EXPECT_EQ(stopped.signal_number, SIGTERM);
    }
  }
  EXPECT_NO_THROW(throw_if_stopped());
}

TEST(TimeLimit, ComesFromTheBatchSystemUnlessOneIsGiven) {
  const auto seconds_left = [](const std::string& max_time) {
    return std::chrono::duration<double>(*find_end_of_time(max_time) -
                                         std::chrono::steady_clock::now())
        .count();
  };
  const auto in_an_hour = std::chrono::duration_cast<std::chrono::seconds>(
                              std::chrono::system_clock::now().time_since_epoch())
                              .count() +
                          3600;
  ::unsetenv("SLURM_JOB_END_TIME");
  EXPECT_FALSE(find_end_of_time("").has_value());
  ::setenv("SLURM_JOB_END_TIME", std::to_string(in_an_hour).c_str(), 1);
  EXPECT_NEAR(seconds_left(""), 3600, 2);
  EXPECT_NEAR(seconds_left("2h"), 7200, 2);
  ::setenv("SLURM_JOB_END_TIME", "tomorrow", 1);
  EXPECT_FALSE(find_end_of_time("").has_value());
  ::unsetenv("SLURM_JOB_END_TIME");
}

TEST(SaveClock, ByStepsAndEpochs) {
  TrainState state;
  state.epoch = 3;
  state.step = 20;
  const auto after_step = [&](const char* period) {
    return SaveClock(parse_period(period)).is_due_after_step(state);
  };
  const auto after_epoch = [&](const char* period) {
    return SaveClock(parse_period(period)).is_due_after_epoch(state);
  };
  EXPECT_TRUE(after_step("10"));
  EXPECT_FALSE(after_step("15u"));
  EXPECT_FALSE(after_step("1e"));
  EXPECT_FALSE(after_step("1m"));
  EXPECT_TRUE(after_epoch("2e"));  // the fourth has ended
  EXPECT_FALSE(after_epoch("3e"));
  EXPECT_TRUE(after_epoch("10u"));
  EXPECT_FALSE(after_epoch("1h"));
}

TEST(AvailableMemory, ReadsWhatTheKernelSays) {
  EXPECT_EQ(read_meminfo("MemTotal:       16 kB\nMemAvailable:    8123456 kB\n", "MemAvailable"),
            uint64_t{8123456} * 1024);
  EXPECT_FALSE(read_meminfo("MemTotal:       16 kB\n", "MemAvailable").has_value());
  EXPECT_FALSE(read_meminfo("MemAvailable:  kB\n", "MemAvailable").has_value());
  ASSERT_TRUE(available_memory().has_value());
  EXPECT_GT(*available_memory(), uint64_t{1} << 20);
  EXPECT_GT(peak_resident_bytes(), uint64_t{1} << 20);
}

}  // namespace
}  // namespace stoker
