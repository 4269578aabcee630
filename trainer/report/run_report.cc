#include "trainer/report/run_report.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <exception>
#include <string_view>
#include <utility>
#include <variant>

#include "libdata/core/files.h"
#include "trainer/report/run_history.h"

namespace stoker {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kEventPrefix = "events.out.tfevents.";

std::optional<double> number_of(const LogValue& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* count = std::get_if<uint64_t>(&value)) return static_cast<double>(*count);
  return std::nullopt;
}

// "train_loss" is train/loss; what has no such prefix is of `group`.
std::string tag_of(const std::string& name, const std::string& group) {
  for (const std::string_view prefix : {"train_", "val_"}) {
    if (name.starts_with(prefix)) {
      return fmt::format("{}/{}", prefix.substr(0, prefix.size() - 1), name.substr(prefix.size()));
    }
  }
  return group + "/" + name;
}

}  // namespace

RunReport::RunReport(fs::path folder, ReportFacts facts, uint64_t steps_done)
    : folder_(std::move(folder)), facts_(std::move(facts)) {
  attempt([&] {
    const fs::path evaluation = folder_ / kEvaluationFile;
    if (steps_done > 0 && fs::exists(evaluation))
      evaluation_ = decode_evaluation(read_text_file(evaluation));
    events_.emplace(folder_ / kEventFolder, steps_done == 0 ? 0 : steps_done + 1);
  });
}

// The report is not what a run is for: whatever fails here must not end it.
template <typename Action>
void RunReport::attempt(Action action) {
  try {
    action();
  } catch (const std::exception& error) {
    if (!std::exchange(failure_noted_, true))
      spdlog::warn("the report of the run: {}", error.what());
  }
}

void RunReport::note(const LogLine& line) {
  if (!events_) return;
  std::string event;
  uint64_t step = 0;
  EventFile::Scalars scalars;
  for (const auto& [name, value] : line) {
    if (name == "event") event = std::get<std::string>(value);
    if (name == "step") step = std::get<uint64_t>(value);
  }
  if (event != "step" && event != "epoch") return;
  for (const auto& [name, value] : line) {
    const std::optional<double> number = number_of(value);
    // An epoch's training loss is another mean than a step's: under a name of its own.
    const bool is_mean = event == "epoch" && (name == "train_loss" || name == "train_top1");
    if (number && name != "step")
      scalars.emplace_back(is_mean ? "epoch/" + name : tag_of(name, event), *number);
  }
  attempt([&] { events_->add(step, scalars); });
}

void RunReport::note(const std::optional<Evaluation>& evaluation) {
  if (evaluation) evaluation_ = evaluation;
}

void RunReport::write() {
  attempt([&] {
    const RunHistory history = read_history(folder_ / kMetricsFile);
    write_file_atomically(folder_ / kEpochsFile, std::string_view(epochs_as_csv(history)));
    if (evaluation_) {
      write_file_atomically(folder_ / kEvaluationFile,
                            std::string_view(encode_evaluation(*evaluation_)));
    }
    write_file_atomically(folder_ / kReportFile,
                          std::string_view(html_report(history, evaluation_, facts_)));
  });
}

void RunReport::remove_from(const fs::path& folder) {
  for (const char* name : {kEpochsFile, kEvaluationFile, kReportFile})
    fs::remove(folder / name);
  if (!fs::is_directory(folder / kEventFolder)) return;
  for (const fs::path& file : list_files(folder / kEventFolder)) {
    if (file.filename().string().starts_with(kEventPrefix)) fs::remove(file);
  }
}

}  // namespace stoker
