#include "tools/memcpy_peer.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>

namespace stoker {
namespace {

constexpr size_t kBytes = size_t{128} << 20;  // a thread

}  // namespace

MemcpyPeer::MemcpyPeer(int threads) {
  for (int i = 0; i < 2 * threads; ++i) {
    buffers_.push_back(std::make_unique<BatchMemory>(std::nullopt, kBytes));
    std::memset(buffers_.back()->data(), i, kBytes);
  }
}

void MemcpyPeer::run_round() {
  const size_t threads = buffers_.size() / 2;
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::jthread> workers;
  for (size_t i = 0; i < threads; ++i) {
    workers.emplace_back([to = buffers_[i]->data(), from = buffers_[threads + i]->data()] {
      std::memcpy(to, from, kBytes);
    });
  }
  workers.clear();  // joins
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  rates_.push_back(static_cast<double>(kBytes * threads) / seconds.count());
}

double MemcpyPeer::median_bytes_per_second() const {
  if (rates_.empty()) return 0;
  std::vector<double> sorted = rates_;
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

size_t MemcpyPeer::memory_bytes() const {
  return buffers_.size() * kBytes;
}

}  // namespace stoker
