// What metrics.jsonl (run_log.h) says of a run, read back: the source of metrics.csv and
// report.html, which are made anew from it and so never tell another story than it does.
//
// Plain values, one thread. Errors: Io; Corrupt, with the line's offset, for what is no JSON
// object.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoker {

// The numbers of one line, in its order; NaN where it has null.
struct HistoryRow {
  std::vector<std::pair<std::string, double>> values;

  std::optional<double> find(std::string_view name) const;
  double value_or(std::string_view name, double otherwise) const;
};

struct RunHistory {
  std::vector<std::pair<std::string, std::string>> options;  // of the line "start"
  std::vector<HistoryRow> steps;
  std::vector<HistoryRow> epochs;
};

// A last line without its end, of a run that was killed as it wrote, is left out.
RunHistory parse_history(std::string_view metrics_jsonl);
RunHistory read_history(const std::filesystem::path& metrics_jsonl);

// A row an epoch: the columns that any epoch has, in order of first appearance; empty where an
// epoch lacks one or it is no number. Numbers read back to the same double.
std::string epochs_as_csv(const RunHistory& history);

}  // namespace stoker
