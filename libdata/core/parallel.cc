#include "libdata/core/parallel.h"

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#if defined(STOKER_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

#include <algorithm>
#include <future>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/stop.h"

namespace stoker {

namespace {

// What one thread did before give() is seen by one that comes to take() later. TBB sees to that;
// ThreadSanitizer, which does not look into TBB (nor into this file), is told here.
class Handover {
 public:
#if defined(STOKER_TSAN)
  void give() {
    __tsan_release(this);
  }
  void take() {
    __tsan_acquire(this);
  }
#else
  void give() {}
  void take() {}
#endif
};

// At the end of a scope, however it is left.
struct GiveAtEnd {
  Handover& handover;
  ~GiveAtEnd() { handover.give(); }
};
struct TakeAtEnd {
  Handover& handover;
  ~TakeAtEnd() { handover.take(); }
};

// When an item of an outer loop fails, TBB cancels the loops nested in its other items, and those
// return as if they had done their work. A caller that believed them would publish half of it.
void throw_if_cancelled(tbb::task_group_context& context) {
  if (context.is_group_execution_cancelled()) {
    throw Error(ErrorCode::kInternal, "given up, since other parallel work has failed");
  }
}

// The arena of the innermost ThreadLimit. TBB's own has as many places as there are cores, whatever
// the limit says, so that 7 threads on 2 cores would be 2.
tbb::task_arena* current_arena = nullptr;

thread_local bool on_this_thread = false;  // run_on_this_thread is under way

// In the arena, by the calling thread where there is a place for it. At once where it is in there
// already.
void in_arena(const std::function<void()>& work) {
  if (current_arena == nullptr) {
    tbb::this_task_arena::isolate(work);
    return;
  }
  Handover there;
  Handover back;
  there.give();
  const TakeAtEnd taking{back};
  current_arena->execute([&] {
    there.take();
    const GiveAtEnd giving{back};
    // Isolated: a thread that waits for this work to end does not pick up work of an outer loop,
    // which would keep two units' memory alive on one stack.
    tbb::this_task_arena::isolate(work);
  });
}

}  // namespace

void run_parallel(uint64_t count, const std::function<void(uint64_t)>& task) {
  if (on_this_thread) {
    for (uint64_t i = 0; i < count; ++i) {
      throw_if_stopped();
      task(i);
    }
    return;
  }
  tbb::task_group_context context;
  Handover begin;
  Handover end;
  begin.give();
  const TakeAtEnd taking{end};
  in_arena([&] {
    tbb::parallel_for(
        tbb::blocked_range<uint64_t>(0, count, 1),
        [&](const tbb::blocked_range<uint64_t>& range) {
          begin.take();
          const GiveAtEnd giving{end};
          for (uint64_t i = range.begin(); i != range.end(); ++i) {
            throw_if_stopped();
            task(i);
          }
        },
        tbb::simple_partitioner(), context);
  });
  throw_if_cancelled(context);
}

void run_ordered(uint64_t count, size_t slots, const std::function<void(uint64_t, size_t)>& produce,
                 const std::function<void(uint64_t, size_t)>& consume) {
  run_ordered(
      count, slots, [](uint64_t, size_t) {}, produce, consume);
}

void run_ordered(uint64_t count, size_t slots, const std::function<void(uint64_t, size_t)>& take,
                 const std::function<void(uint64_t, size_t)>& produce,
                 const std::function<void(uint64_t, size_t)>& consume) {
  if (on_this_thread) {
    for (uint64_t i = 0; i < count; ++i) {
      throw_if_stopped();
      take(i, i % slots);
      produce(i, i % slots);
      consume(i, i % slots);
    }
    return;
  }
  uint64_t next = 0;
  tbb::task_group_context context;
  Handover begin;
  Handover end;
  Handover taken;                        // to the next item's
  Handover consumed;                     // to the next item's
  std::vector<Handover> by_slot(slots);  // take to produce to consume to the next take
  begin.give();
  const TakeAtEnd taking{end};
  // Items leave in order, so item i is done before item i + slots may start: i % slots is free.
  in_arena([&] {
    tbb::parallel_pipeline(
        slots,
        tbb::make_filter<void, uint64_t>(tbb::filter_mode::serial_in_order,
                                         [&](tbb::flow_control& control) -> uint64_t {
                                           throw_if_stopped();
                                           if (next == count) {
                                             control.stop();
                                             return next;
                                           }
                                           const uint64_t i = next++;
                                           begin.take();
                                           taken.take();
                                           by_slot[i % slots].take();
                                           const GiveAtEnd to_end{end};
                                           const GiveAtEnd to_next{taken};
                                           const GiveAtEnd to_produce{by_slot[i % slots]};
                                           take(i, i % slots);
                                           return i;
                                         }) &
            tbb::make_filter<uint64_t, uint64_t>(tbb::filter_mode::parallel,
                                                 [&](uint64_t i) {
                                                   begin.take();
                                                   by_slot[i % slots].take();
                                                   const GiveAtEnd to_end{end};
                                                   const GiveAtEnd to_consume{by_slot[i % slots]};
                                                   produce(i, i % slots);
                                                   return i;
                                                 }) &
            tbb::make_filter<uint64_t, void>(tbb::filter_mode::serial_in_order,
                                             [&](uint64_t i) {
                                               consumed.take();
                                               by_slot[i % slots].take();
                                               const GiveAtEnd to_end{end};
                                               const GiveAtEnd to_next{consumed};
                                               const GiveAtEnd to_produce{by_slot[i % slots]};
                                               consume(i, i % slots);
                                             }),
        context);
  });
  throw_if_cancelled(context);
}

void run_on_this_thread(const std::function<void()>& work) {
  struct Scope {
    bool outer = std::exchange(on_this_thread, true);
    ~Scope() { on_this_thread = outer; }
  };
  const Scope scope;
  work();
}

int thread_count() {
  return static_cast<int>(
      tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism));
}

struct ThreadLimit::State {
  explicit State(int count)
      : threads(count),
        control(tbb::global_control::max_allowed_parallelism, static_cast<size_t>(count)),
        arena(count),
        outer(std::exchange(current_arena, &arena)) {}
  ~State() { current_arena = outer; }

  int threads;
  tbb::global_control control;
  tbb::task_arena arena;
  tbb::task_arena* outer;
};

ThreadLimit::ThreadLimit(int threads)
    : state_(std::make_unique<State>(threads > 0 ? threads
                                                 : std::max(1, tbb::info::default_concurrency()))) {
}

ThreadLimit::~ThreadLimit() = default;

void ThreadLimit::start_threads() const {
  // Kept alive together until the last has started: it is their number that meets the limit.
  std::promise<void> all_started;
  const std::shared_future<void> go_on = all_started.get_future().share();
  std::vector<std::thread> started;
  std::string fault;
  try {
    started.reserve(static_cast<size_t>(state_->threads));
    for (int i = 1; i < state_->threads; ++i)
      started.emplace_back([go_on] { go_on.wait(); });
  } catch (const std::system_error& error) {
    fault = error.code().message();
  }
  const size_t count = started.size();
  all_started.set_value();
  for (std::thread& thread : started)
    thread.join();
  if (fault.empty()) return;
  throw Error(ErrorCode::kIo,
              "cannot start " + std::to_string(state_->threads) + " threads, only " +
                  std::to_string(count + 1) + ": " + fault +
                  " (raise the limit, ulimit -u or ulimit -v, or give fewer --threads)");
}

}  // namespace stoker
