#include "libdata/core/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "libdata/core/units.h"

namespace stoker {
namespace {

constexpr int64_t kPaintEveryMs = 200;
constexpr int64_t kPlainLineEveryMs = 10'000;

bool terminal_is_plain() {
  const char* name = std::getenv("TERM");
  return name == nullptr || *name == '\0' || std::string_view(name) == "dumb";
}

}  // namespace

Progress::Progress(std::string label, std::string unit, uint64_t total, bool quiet)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      visible_(!quiet && ::isatty(STDERR_FILENO) == 1),
      plain_(terminal_is_plain()),
      start_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  if (visible_) paint(true);
}

void Progress::add(uint64_t count, uint64_t bytes) {
  count_.fetch_add(count, std::memory_order_relaxed);
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (!visible_) return;
  const int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                             std::chrono::steady_clock::now() - start_)
                             .count();
  int64_t due = next_paint_ms_.load(std::memory_order_relaxed);
  if (now_ms >= due && next_paint_ms_.compare_exchange_strong(
                           due, now_ms + (plain_ ? kPlainLineEveryMs : kPaintEveryMs))) {
    paint(false);
  }
}

void Progress::paint(bool last) {
  const std::lock_guard lock(painting_);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const uint64_t count = count_.load();
  const double rate = seconds > 0 ? static_cast<double>(count) / seconds : 0;
  const double byte_rate = seconds > 0 ? static_cast<double>(bytes_.load()) / seconds : 0;
  std::string line = fmt::format("{}{}: {}", plain_ ? "" : "\r", label_, count);
  if (total_ > 0) line += fmt::format("/{}", total_);
  line += fmt::format(" {}, {:.0f} {}/s, {}/s", unit_, rate, unit_,
                      format_byte_count(static_cast<uint64_t>(byte_rate)));
  if (last) {
    line += fmt::format(", {}", format_duration(seconds));
  } else if (total_ > count && rate > 0) {
    line += fmt::format(", ETA {}", format_duration(static_cast<double>(total_ - count) / rate));
  }
  if (!plain_) line += "\x1b[K";
  if (last || plain_) line += '\n';
  std::fputs(line.c_str(), stderr);
}

}  // namespace stoker
