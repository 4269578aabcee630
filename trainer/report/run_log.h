// What a run says: OUTPUT/metrics.jsonl, one JSON object a line, and the progress line on stderr.
//
// One thread. Errors: Io when a line cannot be written.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace stoker {

inline constexpr const char* kMetricsFile = "metrics.jsonl";

using LogValue = std::variant<uint64_t, double, std::string>;
using LogLine = std::vector<std::pair<std::string, LogValue>>;  // members in this order

// The members, not finite numbers as null, without a line break.
std::string encode_log_line(const LogLine& line);

class MetricsFile {
 public:
  // Keeps the first `keep_bytes` of a file that is there: what a killed run wrote behind its last
  // checkpoint is about to come again.
  MetricsFile(const std::filesystem::path& path, uint64_t keep_bytes);

  void append(const LogLine& line);
  // Makes what was appended last through a power failure.
  void sync() const;
  uint64_t size_bytes() const { return size_bytes_; }

 private:
  std::filesystem::path path_;
  std::ofstream out_;
  uint64_t size_bytes_ = 0;
};

struct StepReport {
  uint64_t epoch = 0;  // from 1
  uint64_t epochs = 0;
  uint64_t step = 0;  // of the epoch, from 1
  uint64_t steps = 0;
  uint64_t later_steps = 0;  // of the epochs after this one
  double loss = 0.0;         // mean over the epoch so far
  // Top-1 likewise, 0..1; none where it is not known.
  std::optional<double> accuracy = std::nullopt;
  double learning_rate = 0.0;
  double samples_per_second = 0.0;
  double seconds_per_step = 0.0;     // 0: not known yet
  double data_wait_share = 0.0;      // of the time, spent waiting for the loader
  uint64_t memory_bytes = 0;         // this process's own, without mapped files; 0: not known
  uint64_t device_memory_bytes = 0;  // of a GPU; 0: none, or not known
};

// "epoch 1/2 step 45/281 loss 0.5123 acc 81.2% lr 0.0431 112 img/s wait 1.2% mem 1.30 GiB left
// 1:20", on a GPU "gpu 9.10 GiB" behind the process's memory.
// `columns`: the width it must fit; what matters least is left out, then it is cut. 0: any.
std::string format_step(const StepReport& report, const std::string& unit, size_t columns = 0);

// Of the terminal that stderr is; 0 where it is none, or does not say.
size_t terminal_columns();

// RssAnon of /proc/self/status; 0 where there is none.
uint64_t own_memory_bytes();

// Shows a step: on a terminal one line, repainted at most five times a second; elsewhere, and on
// one that cannot repaint (TERM=dumb), a line every half minute. Nothing when quiet.
class StepProgress {
 public:
  StepProgress(std::string unit, bool quiet);
  ~StepProgress();
  StepProgress(const StepProgress&) = delete;
  StepProgress& operator=(const StepProgress&) = delete;

  bool is_due() const;  // whether show() would show one now
  void show(const StepReport& report);
  void end_line();  // before something else is printed

 private:
  std::string unit_;
  bool quiet_;
  bool terminal_;
  bool line_open_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace stoker
