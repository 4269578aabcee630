#include "trainer/run/preflight.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/stop.h"
#include "libdata/core/units.h"
#include "trainer/run/memory_estimate.h"
#include "trainer/run/preflight_checks.h"
#include "trainer/run/run_forecast.h"
#include "trainer/run/run_plan.h"
#include "trainer/tasks/make_task.h"

namespace stoker {
namespace {

// Checks that stand on one another; the first that fails for want of data or memory ends them.
class Preflight {
 public:
  Preflight(const TrainOptions& options, const torch::Device& device)
      : options_(options), device_(device) {}

  bool run();

 private:
  bool check_data();
  bool check_memory_and_folder();
  void check_learning();
  void report() const;

  TrainOptions options_;
  const torch::Device device_;
  PreflightTable table_;
  std::optional<Task> task_;
  MemoryEstimate memory_;
  std::optional<RunForecast> forecast_;
};

bool Preflight::run() {
  if (check_data() && check_memory_and_folder()) check_learning();
  report();
  return table_.all_passed();
}

bool Preflight::check_data() {
  const bool opens = table_.add("data opens, classes match", [this] {
    task_ = open_for_preflight(options_, device_);
    return fmt::format("{}, {}", describe_steps(plan_run(*task_, options_)),
                       task_->evaluator ? "with validation" : "no validation data");
  });
  if (!opens) return false;
  const bool sound = table_.add("records match their hashes", [this] { return read_data(*task_); });
  if (task_->evaluator)
    table_.add("validation works", [this] { return validate_untrained(*task_); });
  return sound;
}

bool Preflight::check_memory_and_folder() {
  const bool fits = table_.add("fits in memory", [this] {
    memory_ = estimate_memory(*task_, options_);
    check_memory(memory_, options_, device_);
    return "at least " + format_byte_count(memory_.total());
  });
  table_.add("room for checkpoints", [this] { return check_disk(options_.run, memory_); });
  return fits;
}

void Preflight::check_learning() {
  TrainStep step(options_.optimizer, *task_);
  Probe probe;
  table_.add("loss falls", [&] { return check_loss_falls(*task_, step, options_, probe); });
  if (!probe.losses.empty()) {
    table_.add("time and cost", [&] {
      forecast_ = forecast_run(*task_, step, options_, memory_, probe);
      return describe_time(*forecast_, options_);
    });
  }
  table_.add("saves and reloads", [&] { return check_saving(*task_, step); });
  table_.add("overfits a small set", [this] { return check_overfitting(options_, device_); });
}

void Preflight::report() const {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const PreflightRow& row : table_.rows()) {
    std::fputs(
        fmt::format("{:<6}{:<28}{}\n", row.passed ? "pass" : "FAIL", row.name, row.detail).c_str(),
        stdout);
    rows.push_back({{"check", row.name}, {"passed", row.passed}, {"detail", row.detail}});
  }
  if (options_.trial.json.empty()) return;
  nlohmann::ordered_json report{{"passed", table_.all_passed()}, {"checks", rows}};
  if (forecast_) report["forecast"] = to_json(*forecast_);
  write_file_atomically(options_.trial.json, report.dump(2) + "\n");
}

}  // namespace

bool PreflightTable::add(const std::string& name, const std::function<std::string()>& check) {
  throw_if_stopped();
  PreflightRow row{name, false, ""};
  try {
    row.detail = check();
    row.passed = true;
  } catch (const Error& error) {
    row.detail = error.what();
  } catch (const c10::Error& error) {
    row.detail = std::string("LibTorch: ") + error.what_without_backtrace();
  }
  rows_.push_back(row);
  return row.passed;
}

bool PreflightTable::all_passed() const {
  return std::all_of(rows_.begin(), rows_.end(),
                     [](const PreflightRow& row) { return row.passed; });
}

bool run_preflight(const TrainOptions& options, const torch::Device& device) {
  return Preflight(options, device).run();
}

}  // namespace stoker
