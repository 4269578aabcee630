#include "trainer/report/epoch_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "libdata/core/units.h"

namespace stoker {
namespace {

constexpr size_t kRowsUnderAHead = 20;
constexpr size_t kGap = 2;

struct Column {
  std::string name;
  std::string value;
  size_t least_width;

  size_t width() const { return std::max({name.size(), value.size(), least_width}); }
};

size_t width_of(const std::vector<Column>& columns) {
  size_t width = 0;
  for (const Column& column : columns)
    width += (width == 0 ? 0 : kGap) + column.width();
  return width;
}

// "train_loss" is "loss", "val_macro_auc" "val_auc".
std::string short_name(std::string name) {
  for (const std::string_view part : {"train_", "macro_"}) {
    const size_t found = name.find(part);
    if (found != std::string::npos) name.erase(found, part.size());
  }
  return name;
}

// The parts of a loss, what a validation says beside its main score, what the machine does: the
// first goes first where room is short.
constexpr std::string_view kLeastFirst[] = {"mem",     "gpu", "wait", "val_top5", "loss_", "val_f1",
                                            "val_voi", "/s",  "top1", "val_auc",  "time"};

void drop_least(std::vector<Column>& columns) {
  const auto place = [](const Column& column) {
    return std::find_if(std::begin(kLeastFirst), std::end(kLeastFirst), [&](std::string_view name) {
      return column.name.starts_with(name) || (name == "/s" && column.name.ends_with(name));
    });
  };
  columns.erase(
      std::min_element(columns.begin() + 1, columns.end(),
                       [&](const Column& a, const Column& b) { return place(a) < place(b); }));
}

// What fits into `room`: with shorter names, then without the least of them; 0: any.
std::vector<Column> fit(std::vector<Column> columns, size_t room) {
  if (room == 0 || width_of(columns) <= room) return columns;
  for (Column& column : columns)
    column.name = short_name(column.name);
  while (columns.size() > 2 && width_of(columns) > room)
    drop_least(columns);
  return columns;
}

std::vector<Column> columns_of(const StepReport& last, const ShownValues& values, double seconds,
                               const std::string& unit) {
  std::vector<Column> columns{{"epoch", fmt::format("{}/{}", last.epoch, last.epochs),
                               2 * std::to_string(last.epochs).size() + 1}};
  for (const auto& [name, value] : values)
    columns.push_back({name, fmt::format("{:.4f}", value), 7});
  columns.push_back({unit + "/s", fmt::format("{:.0f}", last.samples_per_second), 6});
  columns.push_back({"wait", fmt::format("{:.1f}%", 100.0 * last.data_wait_share), 6});
  if (last.memory_bytes > 0) columns.push_back({"mem", format_byte_count(last.memory_bytes), 8});
  if (last.device_memory_bytes > 0)
    columns.push_back({"gpu", format_byte_count(last.device_memory_bytes), 8});
  columns.push_back({"time", format_duration(seconds), 7});
  return columns;
}

}  // namespace

std::vector<std::string> EpochTable::lines(const StepReport& last, const ShownValues& values,
                                           double seconds) {
  std::string head;
  std::string row;
  for (const Column& column : fit(columns_of(last, values, seconds, unit_), columns_)) {
    const std::string gap(head.empty() ? 0 : kGap, ' ');
    head += fmt::format("{}{:>{}}", gap, column.name, column.width());
    row += fmt::format("{}{:>{}}", gap, column.value, column.width());
  }
  if (head == head_ && ++rows_since_head_ < kRowsUnderAHead) return {row};
  head_ = head;
  rows_since_head_ = 0;
  return {head, row};
}

}  // namespace stoker
