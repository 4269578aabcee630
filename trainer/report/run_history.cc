#include "trainer/report/run_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

HistoryRow row_of(const Json& line) {
  HistoryRow row;
  for (const auto& [name, value] : line.items()) {
    if (value.is_number()) row.values.emplace_back(name, value.get<double>());
    if (value.is_null()) row.values.emplace_back(name, std::numeric_limits<double>::quiet_NaN());
  }
  return row;
}

void add_line(const Json& line, RunHistory& history) {
  const std::string event = line.value("event", "");
  if (event == "step") history.steps.push_back(row_of(line));
  if (event == "epoch") history.epochs.push_back(row_of(line));
  if (event != "start") return;
  history.options.clear();
  for (const auto& [name, value] : line.items())
    if (name != "event") history.options.emplace_back(name, text_of(value));
}

}  // namespace

std::optional<double> HistoryRow::find(std::string_view name) const {
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&](const auto& value) { return value.first == name; });
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

double HistoryRow::value_or(std::string_view name, double otherwise) const {
  return find(name).value_or(otherwise);
}

RunHistory parse_history(std::string_view metrics_jsonl) {
  RunHistory history;
  for (size_t begin = 0; begin < metrics_jsonl.size();) {
    const size_t end = metrics_jsonl.find('\n', begin);
    if (end == std::string_view::npos) break;
    const Json line = Json::parse(metrics_jsonl.substr(begin, end - begin), nullptr,
                                  /*allow_exceptions=*/false);
    if (!line.is_object()) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("expected a JSON object in the line at byte {}", begin));
    }
    add_line(line, history);
    begin = end + 1;
  }
  return history;
}

RunHistory read_history(const std::filesystem::path& metrics_jsonl) {
  try {
    return parse_history(read_text_file(metrics_jsonl));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCorrupt) throw;
    throw Error(error.code(), error.message(), metrics_jsonl.string());
  }
}

std::string epochs_as_csv(const RunHistory& history) {
  std::vector<std::string> columns;
  for (const HistoryRow& epoch : history.epochs) {
    for (const auto& [name, value] : epoch.values) {
      if (std::find(columns.begin(), columns.end(), name) == columns.end()) columns.push_back(name);
    }
  }
  std::string csv;
  for (const std::string& column : columns)
    csv += (csv.empty() ? "" : ",") + column;
  csv += '\n';
  for (const HistoryRow& epoch : history.epochs) {
    for (size_t i = 0; i < columns.size(); ++i) {
      const std::optional<double> value = epoch.find(columns[i]);
      csv += i == 0 ? "" : ",";
      if (value && std::isfinite(*value)) csv += fmt::format("{}", *value);
    }
    csv += '\n';
  }
  return csv;
}

}  // namespace stoker
