#include "formats/scroll_table.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "formats/csv.h"
#include "formats/slice_series.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr int64_t kUnknownScroll = -1;

[[noreturn]] void refuse(const CsvRow& row, const std::string& message) {
  throw Error(ErrorCode::kCorrupt, "line " + std::to_string(row.line) + ": " + message, "",
              row.offset_bytes);
}

// Files are found by it: "12.tif" is 12. No part of a path above or below.
std::string id_of(const CsvRow& row, size_t column) {
  std::string id = row.cells[column];
  if (is_tiff_name(id)) id.resize(id.rfind('.'));
  if (id.empty() || id == "." || id == ".." || id.find('/') != std::string::npos) {
    refuse(row, "expected an id that can be the name of a file, found '" + row.cells[column] + "'");
  }
  return id;
}

// "34117", and "34117.0" as spreadsheet programs and data frames write it.
std::optional<int64_t> scroll_number(std::string_view text) {
  if (text.ends_with(".0")) text.remove_suffix(2);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && text.front() != '-' ? std::optional(value) : std::nullopt;
}

// The scroll of every row; fills in the names where they are not all numbers.
std::vector<int64_t> number_scrolls(const std::vector<std::string>& cells,
                                    std::vector<std::string>& names) {
  std::vector<int64_t> numbers;
  for (const std::string& cell : cells) {
    if (const auto number = scroll_number(cell)) numbers.push_back(*number);
  }
  if (numbers.size() == cells.size()) return numbers;
  const std::set<std::string> distinct(cells.begin(), cells.end());
  names.assign(distinct.begin(), distinct.end());
  numbers.clear();
  for (const std::string& cell : cells)
    numbers.push_back(std::distance(distinct.begin(), distinct.find(cell)));
  return numbers;
}

std::string joined(const std::vector<std::string>& cells) {
  std::string text;
  for (const std::string& cell : cells)
    text += (text.empty() ? "" : ",") + cell;
  return text.substr(0, 80);
}

}  // namespace

ScrollTable parse_scroll_table(std::string_view text) {
  const CsvTable table = parse_csv(text);
  const auto id_column = table.find_column({"id", "volume_id", "image_id"});
  const auto scroll_column = table.find_column({"scroll_id", "scroll"});
  if (!id_column) {
    throw Error(
        ErrorCode::kCorrupt,
        "expected columns named id and scroll_id, found '" + joined(table.header.cells) + "'", "",
        table.header.offset_bytes);
  }
  ScrollTable result;
  std::set<std::string> seen;
  std::vector<std::string> scrolls;
  for (const CsvRow& row : table.rows) {
    result.lines.push_back({id_of(row, *id_column), kUnknownScroll});
    const std::string& id = result.lines.back().id;
    if (!seen.insert(id).second) refuse(row, "id " + id + " is listed twice");
    if (!scroll_column) continue;
    if (row.cells[*scroll_column].empty())
      refuse(row, "expected the scroll of " + id + ", found none");
    scrolls.push_back(row.cells[*scroll_column]);
  }
  if (!scroll_column) return result;
  const std::vector<int64_t> numbers = number_scrolls(scrolls, result.scroll_names);
  for (size_t i = 0; i < numbers.size(); ++i)
    result.lines[i].scroll = numbers[i];
  return result;
}

}  // namespace stoker
