// What a run shows beside metrics.jsonl, in the folder of its log: metrics.csv, evaluation.json,
// report.html, and tb/ for TensorBoard.
//
// All are made from the lines of metrics.jsonl and the last evaluation; nothing is read back by a
// resumed run but to show it. One thread. A file that cannot be written is said once, as a warning,
// and training goes on.
#pragma once

#include <filesystem>
#include <optional>

#include "trainer/report/evaluation_file.h"
#include "trainer/report/event_file.h"
#include "trainer/report/html_report.h"
#include "trainer/report/run_log.h"

namespace stoker {

inline constexpr const char* kEpochsFile = "metrics.csv";
inline constexpr const char* kEvaluationFile = "evaluation.json";
inline constexpr const char* kReportFile = "report.html";
inline constexpr const char* kEventFolder = "tb";

class RunReport {
 public:
  // `folder` holds metrics.jsonl. `steps_done`: by the run so far; what event files there say of
  // later steps no longer counts.
  RunReport(std::filesystem::path folder, ReportFacts facts, uint64_t steps_done);

  // A line that metrics.jsonl has got: its numbers go to TensorBoard, those of a step as
  // train/NAME, those of an epoch as train/NAME, val/NAME or epoch/NAME.
  void note(const LogLine& line);
  void note(const std::optional<Evaluation>& evaluation);
  // The files, from metrics.jsonl as it is now.
  void write();

  // What `--force` may throw away in a folder: the files above, and TensorBoard's of a run.
  static void remove_from(const std::filesystem::path& folder);

 private:
  template <typename Action>
  void attempt(Action action);

  const std::filesystem::path folder_;
  const ReportFacts facts_;
  std::optional<EventFile> events_;
  std::optional<Evaluation> evaluation_;
  bool failure_noted_ = false;
};

}  // namespace stoker
