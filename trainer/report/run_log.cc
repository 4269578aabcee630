#include "trainer/report/run_log.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
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

namespace {

struct ProgressField {
  std::string text;
  int rank;  // the highest goes first where room is short
};

std::string join(const std::vector<ProgressField>& fields) {
  std::string text;
  for (const ProgressField& field : fields)
    text += (text.empty() ? "" : " ") + field.text;
  return text;
}

std::vector<ProgressField> progress_fields(const StepReport& report, const std::string& unit) {
  std::vector<ProgressField> fields{{fmt::format("epoch {}/{}", report.epoch, report.epochs), 0},
                                    {fmt::format("step {}/{}", report.step, report.steps), 1},
                                    {fmt::format("loss {:.4f}", report.loss), 2}};
  if (report.accuracy) fields.push_back({fmt::format("acc {:.1f}%", 100.0 * *report.accuracy), 4});
  fields.push_back({fmt::format("lr {:.4g}", report.learning_rate), 7});
  fields.push_back({fmt::format("{:.0f} {}/s", report.samples_per_second, unit), 5});
  fields.push_back({fmt::format("wait {:.1f}%", 100.0 * report.data_wait_share), 6});
  if (report.memory_bytes > 0)
    fields.push_back({"mem " + format_byte_count(report.memory_bytes), 9});
  if (report.device_memory_bytes > 0)
    fields.push_back({"gpu " + format_byte_count(report.device_memory_bytes), 8});
  if (report.seconds_per_step > 0.0) {
    const uint64_t steps_left = report.steps - report.step + report.later_steps;
    fields.push_back(
        {"left " + format_duration(static_cast<double>(steps_left) * report.seconds_per_step), 3});
  }
  return fields;
}

}  // namespace

std::string format_step(const StepReport& report, const std::string& unit, size_t columns) {
  std::vector<ProgressField> fields = progress_fields(report, unit);
  while (columns > 0 && fields.size() > 1 && join(fields).size() > columns) {
    fields.erase(std::max_element(
        fields.begin(), fields.end(),
        [](const ProgressField& a, const ProgressField& b) { return a.rank < b.rank; }));
  }
  const std::string text = join(fields);
  return columns > 0 ? text.substr(0, columns) : text;
}

size_t terminal_columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

uint64_t own_memory_bytes() {
  constexpr std::string_view kName = "RssAnon:";
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(kName))
      return std::strtoull(line.c_str() + kName.size(), nullptr, 10) * 1024;
  }
  return 0;
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
    // One column stays free: a terminal wraps when its last one is written to.
    const size_t columns = terminal_columns();
    print("\r\x1b[K" + format_step(report, unit_, columns > 1 ? columns - 1 : columns));
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
