// Worker threads that fill a fixed ring of batches, and a consumer that takes them in order.
//
// A batch (step) has samples 0 .. count - 1, each made by some worker, all into the slot
// step % slots. The first worker that needs a slot opens it, once its last batch was released; the
// worker that makes the last sample closes it. Nothing is allocated or locked per sample, but where
// a worker has to wait for a slot.
//
// Thread-safety: start, wait and the destructor are the consumer's; release may come from any
// thread. Callbacks run on workers: open and close of a slot alone, make of different samples at
// once. Errors: callbacks must not throw; start throws Io where threads cannot be started.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace stoker {

class BatchRing {
 public:
  struct Work {
    std::function<void(size_t slot, uint64_t step)> open;
    std::function<void(size_t worker, size_t slot, uint64_t step, int64_t index)> make;
    std::function<void(size_t slot, uint64_t step)> close;
  };

  // A batch in the consumer's hands.
  struct Lent {
    size_t slot = 0;
    uint64_t generation = 0;  // number of the start() it comes from
  };

  BatchRing(int threads, size_t slots, Work work);
  ~BatchRing();
  BatchRing(const BatchRing&) = delete;
  BatchRing& operator=(const BatchRing&) = delete;

  // Abandons what is under way, and begins with step 0: all steps have `batch_size` samples, the
  // last has `last_count`, from 0 to that. `prepare` runs while no worker does. All slots are free
  // again, also those that are lent.
  void start(uint64_t steps, uint64_t batch_size, uint64_t last_count,
             const std::function<void()>& prepare);
  // Blocks until the step is closed. Steps are taken in order.
  Lent wait(uint64_t step);
  // Does nothing to a slot that was lent before the last start().
  void release(const Lent& lent);

  double idle_seconds() const;  // of workers without a free slot, summed
  double wait_seconds() const;  // of the consumer

 private:
  struct Slot {
    std::atomic<uint64_t> open_step;
    std::atomic<int64_t> remaining{0};
    uint64_t closed_step;
    bool busy = false;  // being opened, filled, ready or lent
  };

  void work(size_t worker);
  void work_through(size_t worker);
  bool wait_until_open(size_t slot, uint64_t step);

  const Work work_;
  std::vector<std::unique_ptr<Slot>> slots_;
  uint64_t batch_size_ = 1;
  uint64_t task_count_ = 0;
  std::atomic<uint64_t> next_task_{0};

  mutable std::mutex mutex_;
  std::condition_variable workers_wake_;
  std::condition_variable consumer_wakes_;
  uint64_t generation_ = 0;
  int working_ = 0;
  bool stopping_ = false;
  std::atomic<bool> abandon_{false};
  double idle_seconds_ = 0;
  double wait_seconds_ = 0;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace stoker
