// A run's time: --max-time, or what the batch system gives. The run stops by itself before it is
// over, early enough for the step in hand and a checkpoint.
//
// One thread. Sets the process's stop_at (stop.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace stoker {

using TimePoint = std::chrono::steady_clock::time_point;

// When the process must have ended: `max_time` (duration.h) from now, else at SLURM_JOB_END_TIME
// (seconds since 1970) where the environment has it; nothing where neither says so.
std::optional<TimePoint> find_end_of_time(const std::string& max_time);

class TimeLimit {
 public:
  // `checkpoint_bytes`: how much a save writes, to guess its time by before the first one.
  TimeLimit(std::optional<TimePoint> end, uint64_t checkpoint_bytes);

  ~TimeLimit();
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

  void note_step(double seconds);
  void note_save(double seconds);

 private:
  void set() const;

  const std::optional<TimePoint> end_;
  double step_seconds_ = 0.0;  // the longest of late
  double save_seconds_;
};

}  // namespace stoker
