#include "trainer/report/run_log.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/units.h"

namespace stoker {

namespace fs = std::filesystem;

namespace {

constexpr auto kRepaint = std::chrono::milliseconds(200);
constexpr auto kPlainLine = std::chrono::seconds(30);

// Not on a terminal that knows no escape codes, as editors' shells are.
bool can_repaint() {
  const char* terminal = std::getenv("TERM");
  const std::string_view kind = terminal == nullptr ? "" : terminal;
  return ::isatty(STDERR_FILENO) == 1 && !kind.empty() && kind != "dumb";
}

// Where stderr has gone (a closed pipe) training goes on.
void print(const std::string& text) {
  std::fputs(text.c_str(), stderr);
}

}  // namespace

std::string encode_log_line(const LogLine& line) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& [name, value] : line) {
    std::visit([&, &key = name](const auto& held) { object[key] = held; }, value);
  }
  return object.dump();
}

MetricsFile::MetricsFile(const fs::path& path, uint64_t keep_bytes) : path_(path) {
  const uint64_t before = fs::exists(path) ? fs::file_size(path) : 0;
  if (before > keep_bytes) fs::resize_file(path, keep_bytes);
  if (before < keep_bytes) {
    spdlog::warn("{} has {} bytes, expected {}: earlier lines are missing", path.string(), before,
                 keep_bytes);
  }
  size_bytes_ = std::min(before, keep_bytes);
  out_.open(path, std::ios::binary | std::ios::app);
  if (!out_) throw system_error("open", path.string(), errno);
}

void MetricsFile::append(const LogLine& line) {
  const std::string text = encode_log_line(line) + "\n";
  out_ << text << std::flush;
  if (!out_) throw system_error("write", path_.string(), errno);
  size_bytes_ += text.size();
}

void MetricsFile::sync() const {
  sync_file(path_);
}

std::string format_step(const StepReport& report, const std::string& unit) {
  const uint64_t steps_left = (report.epochs - report.epoch + 1) * report.steps - report.step;
  std::string text = fmt::format(
      "epoch {}/{} step {}/{} loss {:.4f} lr {:.4g} {:.0f} {}/s wait {:.1f}%", report.epoch,
      report.epochs, report.step, report.steps, report.loss, report.learning_rate,
      report.samples_per_second, unit, 100.0 * report.data_wait_share);
  if (report.seconds_per_step > 0.0) {
    text += " left " + format_duration(static_cast<double>(steps_left) * report.seconds_per_step);
  }
  return text;
}

StepProgress::StepProgress(std::string unit, bool quiet)
    : unit_(std::move(unit)),
      quiet_(quiet),
      terminal_(can_repaint()),
      next_(std::chrono::steady_clock::now() + (terminal_ ? kRepaint : kPlainLine)) {}

StepProgress::~StepProgress() {
  end_line();
}

bool StepProgress::is_due() const {
  return !quiet_ && std::chrono::steady_clock::now() >= next_;
}

void StepProgress::show(const StepReport& report) {
  if (!is_due()) return;
  const auto now = std::chrono::steady_clock::now();
  if (terminal_) {
    print("\r\x1b[K" + format_step(report, unit_));
    line_open_ = true;
    next_ = now + kRepaint;
  } else {
    spdlog::info("{}", format_step(report, unit_));
    next_ = now + kPlainLine;
  }
}

void StepProgress::end_line() {
  if (line_open_) print("\n");
  line_open_ = false;
}

}  // namespace stoker
