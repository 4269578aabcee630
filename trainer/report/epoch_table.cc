#include "trainer/report/epoch_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdata/core/units.h"

namespace stoker {
namespace {

constexpr size_t kRowsUnderAHead = 20;

std::string as_pairs(const StepReport& last, const ShownValues& values, const std::string& unit) {
  std::string text = fmt::format("epoch {}/{}", last.epoch, last.epochs);
  for (const auto& [name, value] : values)
    text += fmt::format("  {} {:.4f}", name, value);
  return fmt::format("{}  {:.3g} {}/s  wait {:.1f}%", text, last.samples_per_second, unit,
                     100.0 * last.data_wait_share);
}

}  // namespace

std::vector<std::string> EpochTable::lines(const StepReport& last, const ShownValues& values,
                                           double seconds) {
  std::string head;
  std::string row;
  const auto add = [&](const std::string& name, const std::string& value, size_t least) {
    const size_t width = std::max({name.size(), value.size(), least});
    head += fmt::format("{}{:>{}}", head.empty() ? "" : "  ", name, width);
    row += fmt::format("{}{:>{}}", row.empty() ? "" : "  ", value, width);
  };
  add("epoch", fmt::format("{}/{}", last.epoch, last.epochs),
      2 * std::to_string(last.epochs).size() + 1);
  for (const auto& [name, value] : values)
    add(name, fmt::format("{:.4f}", value), 7);
  add(unit_ + "/s", fmt::format("{:.0f}", last.samples_per_second), 6);
  add("wait", fmt::format("{:.1f}%", 100.0 * last.data_wait_share), 6);
  add("time", format_duration(seconds), 7);
  if (columns_ > 0 && row.size() > columns_) return {as_pairs(last, values, unit_)};
  if (head == head_ && ++rows_since_head_ < kRowsUnderAHead) return {row};
  head_ = head;
  rows_since_head_ = 0;
  return {head, row};
}

}  // namespace stoker
