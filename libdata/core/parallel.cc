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

}  // namespace

void run_parallel(uint64_t count, const std::function<void(uint64_t)>& task) {
  // Isolated: a thread that waits for this loop to end does not pick up work of an outer one, which
  // would keep two units' memory alive on one stack.
  tbb::task_group_context context;
  Handover begin;
  Handover end;
  begin.give();
  const TakeAtEnd taking{end};
  tbb::this_task_arena::isolate([&] {
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
  uint64_t next = 0;
  tbb::task_group_context context;
  Handover begin;
  Handover end;
  Handover consumed;                     // to the next item's
  std::vector<Handover> by_slot(slots);  // produce to consume to the next produce
  begin.give();
  const TakeAtEnd taking{end};
  // Items leave in order, so item i is done before item i + slots may start: i % slots is free.
  tbb::this_task_arena::isolate([&] {
    tbb::parallel_pipeline(
        slots,
        tbb::make_filter<void, uint64_t>(tbb::filter_mode::serial_in_order,
                                         [&](tbb::flow_control& control) -> uint64_t {
                                           throw_if_stopped();
                                           if (next == count) control.stop();
                                           return next++;
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

int thread_count() {
  return static_cast<int>(
      tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism));
}

ThreadLimit::ThreadLimit(int threads)
    : control_(new tbb::global_control(
          tbb::global_control::max_allowed_parallelism,
          static_cast<size_t>(threads > 0 ? threads
                                          : std::max(1, tbb::info::default_concurrency())))) {}

ThreadLimit::~ThreadLimit() {
  delete static_cast<tbb::global_control*>(control_);
}

}  // namespace stoker
