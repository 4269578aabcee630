#include "trainer/run/time_limit.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "libdata/core/stop.h"
#include "trainer/options/duration.h"

namespace stoker {
namespace {

using std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr double kGuessedBytesPerSecond = 50e6;
constexpr double kSpareSeconds = 1.0;

steady_clock::duration whole(double seconds) {
  return std::chrono::duration_cast<steady_clock::duration>(Seconds(seconds));
}

}  // namespace

std::optional<TimePoint> find_end_of_time(const std::string& max_time) {
  const TimePoint now = steady_clock::now();
  if (!max_time.empty()) return now + whole(static_cast<double>(parse_duration(max_time)));
  const char* text = std::getenv("SLURM_JOB_END_TIME");
  if (text == nullptr) return std::nullopt;
  const std::string_view digits = text;
  int64_t end = 0;
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), end);
  if (error != std::errc() || rest != digits.data() + digits.size()) {
    spdlog::warn("SLURM_JOB_END_TIME is '{}', no count of seconds: this run keeps no time limit",
                 digits);
    return std::nullopt;
  }
  const Seconds today = std::chrono::system_clock::now().time_since_epoch();
  return now + whole(std::clamp(static_cast<double>(end) - today.count(), -1e9, 1e9));
}

TimeLimit::TimeLimit(std::optional<TimePoint> end, uint64_t checkpoint_bytes)
    : end_(end), save_seconds_(static_cast<double>(checkpoint_bytes) / kGuessedBytesPerSecond) {
  set();
}

TimeLimit::~TimeLimit() {
  if (end_) stop_at(TimePoint::max());
}

void TimeLimit::note_step(double seconds) {
  step_seconds_ = std::max(seconds, 0.95 * step_seconds_);  // the first ones may be slow
  set();
}

void TimeLimit::note_save(double seconds) {
  save_seconds_ = std::max(seconds, 0.8 * save_seconds_);
  set();
}

// A save may have to wait for the one before it.
void TimeLimit::set() const {
  if (end_) stop_at(*end_ - whole(2.0 * step_seconds_ + 2.5 * save_seconds_ + kSpareSeconds));
}

}  // namespace stoker
