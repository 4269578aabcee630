// One line on a terminal: how much is done, how fast, how long it will still take.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace stoker {

// Thread-safe. Writes to stderr at most five times a second, and only where stderr is a terminal
// and the user did not ask for --quiet. The destructor ends the line. On a terminal that knows no
// escape codes (TERM=dumb) each is a line of its own, every ten seconds.
class Progress {
 public:
  // `unit` is what is counted ("img", "volumes"); `total` of 0 means unknown.
  Progress(std::string label, std::string unit, uint64_t total, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void add(uint64_t count, uint64_t bytes);

 private:
  void paint(bool last);

  std::string label_;
  std::string unit_;
  uint64_t total_;
  bool visible_;
  bool plain_;  // no escape codes
  std::chrono::steady_clock::time_point start_;
  std::atomic<uint64_t> count_{0};
  std::atomic<uint64_t> bytes_{0};
  std::atomic<int64_t> next_paint_ms_{0};
  std::mutex painting_;
};

}  // namespace stoker
