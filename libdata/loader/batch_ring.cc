#include "libdata/loader/batch_ring.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <system_error>

#include "libdata/core/error.h"

namespace stoker {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kNoStep = ~uint64_t{0};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

BatchRing::BatchRing(int threads, size_t slots, Work work) : work_(std::move(work)) {
  for (size_t i = 0; i < slots; ++i) {
    slots_.push_back(std::make_unique<Slot>());
    slots_.back()->open_step = slots_.back()->closed_step = kNoStep;
  }
  try {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this, i] { this->work(static_cast<size_t>(i)); });
    }
  } catch (const std::system_error& error) {
    const std::string message =
        fmt::format("cannot start {} loader threads: {}", threads, error.what());
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    workers_wake_.notify_all();
    threads_.clear();
    throw Error(ErrorCode::kIo, message);
  }
}

BatchRing::~BatchRing() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    abandon_.store(true);
  }
  workers_wake_.notify_all();
  threads_.clear();  // joins
}

void BatchRing::start(uint64_t steps, uint64_t batch_size, uint64_t last_count,
                      const std::function<void()>& prepare) {
  {
    std::unique_lock lock(mutex_);
    abandon_.store(true);
    workers_wake_.notify_all();
    consumer_wakes_.wait(lock, [&] { return working_ == 0; });
    for (const auto& slot : slots_) {
      slot->open_step.store(kNoStep);
      slot->closed_step = kNoStep;
      slot->busy = false;
    }
    prepare();
    batch_size_ = batch_size;
    task_count_ = steps == 0 ? 0 : (steps - 1) * batch_size + last_count;
    next_task_.store(0);
    abandon_.store(false);
    ++generation_;
  }
  workers_wake_.notify_all();
}

void BatchRing::work(size_t worker) {
  uint64_t done_generation = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    workers_wake_.wait(lock, [&] { return stopping_ || generation_ != done_generation; });
    if (stopping_) return;
    done_generation = generation_;
    ++working_;
    lock.unlock();
    work_through(worker);
    lock.lock();
    --working_;
    consumer_wakes_.notify_all();
  }
}

void BatchRing::work_through(size_t worker) {
  while (!abandon_.load(std::memory_order_relaxed)) {
    const uint64_t task = next_task_.fetch_add(1, std::memory_order_relaxed);
    if (task >= task_count_) return;
    const uint64_t step = task / batch_size_;
    const size_t place = step % slots_.size();
    Slot& slot = *slots_[place];
    if (slot.open_step.load(std::memory_order_acquire) != step && !wait_until_open(place, step)) {
      return;
    }
    work_.make(worker, place, step, static_cast<int64_t>(task % batch_size_));
    if (slot.remaining.fetch_sub(1, std::memory_order_acq_rel) != 1) continue;
    work_.close(place, step);
    {
      const std::lock_guard lock(mutex_);
      slot.closed_step = step;
    }
    consumer_wakes_.notify_all();
  }
}

bool BatchRing::wait_until_open(size_t place, uint64_t step) {
  Slot& slot = *slots_[place];
  const auto start = Clock::now();
  std::unique_lock lock(mutex_);
  const uint64_t before = step < slots_.size() ? kNoStep : step - slots_.size();
  workers_wake_.wait(lock, [&] {
    return abandon_.load() || slot.open_step.load() == step ||
           (!slot.busy && slot.closed_step == before);
  });
  idle_seconds_ += seconds_since(start);
  if (abandon_.load()) return false;
  if (slot.open_step.load() == step) return true;
  slot.busy = true;
  lock.unlock();
  slot.remaining.store(
      static_cast<int64_t>(std::min(batch_size_, task_count_ - step * batch_size_)));
  work_.open(place, step);
  lock.lock();
  slot.open_step.store(step, std::memory_order_release);
  lock.unlock();
  workers_wake_.notify_all();
  return true;
}

BatchRing::Lent BatchRing::wait(uint64_t step) {
  const size_t place = step % slots_.size();
  const auto start = Clock::now();
  std::unique_lock lock(mutex_);
  consumer_wakes_.wait(lock, [&] { return slots_[place]->closed_step == step; });
  wait_seconds_ += seconds_since(start);
  return {place, generation_};
}

void BatchRing::release(const Lent& lent) {
  {
    const std::lock_guard lock(mutex_);
    if (lent.generation != generation_) return;
    slots_[lent.slot]->busy = false;
  }
  workers_wake_.notify_all();
}

double BatchRing::idle_seconds() const {
  const std::lock_guard lock(mutex_);
  return idle_seconds_;
}

double BatchRing::wait_seconds() const {
  const std::lock_guard lock(mutex_);
  return wait_seconds_;
}

}  // namespace stoker
