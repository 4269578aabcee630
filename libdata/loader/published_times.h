// One worker's times and counts: written by it alone, read by anyone at any time.
//
// Each figure is whole; two of them may be of different moments.
#pragma once

#include <atomic>
#include <cstdint>

#include "libdata/loader/stage_times.h"

namespace stoker {

class PublishedTimes {
 public:
  void publish(const StageTimes& times) {
    read_.store(times.read, std::memory_order_relaxed);
    decode_.store(times.decode, std::memory_order_relaxed);
    augment_.store(times.augment, std::memory_order_relaxed);
    samples_.store(times.samples, std::memory_order_relaxed);
    stored_bytes_.store(times.stored_bytes, std::memory_order_relaxed);
  }

  void add_to(StageTimes& sum) const {
    sum.read += read_.load(std::memory_order_relaxed);
    sum.decode += decode_.load(std::memory_order_relaxed);
    sum.augment += augment_.load(std::memory_order_relaxed);
    sum.samples += samples_.load(std::memory_order_relaxed);
    sum.stored_bytes += stored_bytes_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<double> read_{0};
  std::atomic<double> decode_{0};
  std::atomic<double> augment_{0};
  std::atomic<uint64_t> samples_{0};
  std::atomic<uint64_t> stored_bytes_{0};
};

}  // namespace stoker
