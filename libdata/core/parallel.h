// The two shapes of parallel work in the house, over oneTBB. How many threads run is set once, by
// run_program (--threads); results never depend on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace stoker {

// Calls task(i) for 0 <= i < count, on any thread, in any order. The first exception stops the rest
// and is rethrown. A stop signal throws Stopped.
void run_parallel(uint64_t count, const std::function<void(uint64_t i)>& task);

// Parallel, then serial in order. For each i in 0..count-1: produce(i, slot) on any
// thread, then consume(i, slot) strictly in order of i, one at a time. At most `slots` items are
// between the start of produce and the end of consume, and no two of them share a slot
// (0 <= slot < slots), so that the caller can keep one reusable buffer a slot: memory is bounded by
// `slots`, whatever the count.
void run_ordered(uint64_t count, size_t slots,
                 const std::function<void(uint64_t i, size_t slot)>& produce,
                 const std::function<void(uint64_t i, size_t slot)>& consume);

// The same with a stage in front: take(i, slot) strictly in order of i, one at a time, then
// produce(i, slot).
void run_ordered(uint64_t count, size_t slots,
                 const std::function<void(uint64_t i, size_t slot)>& take,
                 const std::function<void(uint64_t i, size_t slot)>& produce,
                 const std::function<void(uint64_t i, size_t slot)>& consume);

// Parallel work inside of `work` is done by the calling thread, item by item, and TBB is not asked:
// for a process that was forked off one with threads, or may fork itself.
void run_on_this_thread(const std::function<void()>& work);

// Threads that parallel work may use right now.
int thread_count();

// While it lives, parallel work uses `threads` threads (0: as many as there are cores), also where
// that is more than there are cores. Limits may be nested, not used side by side.
class ThreadLimit {
 public:
  explicit ThreadLimit(int threads);
  ~ThreadLimit();

  // Io where the system does not let the process have that many threads (ulimit -u, ulimit -v), so
  // that it is said once, in our words, before work begins.
  void start_threads() const;
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stoker
