#include "formats/folder_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kImageColumn = "file_name";
constexpr std::array<const char*, 8> kLabelColumns{
    "label", "labels", "class", "class_name", "category", "target", "label_name", "class_label"};

[[noreturn]] void refuse_line(uint64_t line, uint64_t offset, const std::string& why) {
  throw Error(ErrorCode::kCorrupt, fmt::format("line {}: {}", line, why), {}, offset);
}

ClassTable::Row make_row(std::string image, std::string label, uint64_t line, uint64_t offset) {
  ClassTable::Row row;
  row.image = std::move(image);
  row.label = std::move(label);
  row.source.line = line;
  row.source.offset_bytes = offset;
  return row;
}

// A class by its name or number; nothing is no label.
std::string label_text(const Json& value, uint64_t line, uint64_t offset) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  refuse_line(line, offset, "a label is a text or a whole number");
}

Json parse_line(std::string_view text, uint64_t line, uint64_t offset) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) refuse_line(line, offset, "expected a JSON object");
  const auto name = json.find(kImageColumn);
  if (name != json.end() && !name->is_string()) refuse_line(line, offset, "file_name is no text");
  return json;
}

// Called like labels are, in the first line.
std::optional<std::string> label_key(const Json& first) {
  for (const char* name : kLabelColumns)
    if (first.contains(name)) return name;
  return std::nullopt;
}

}  // namespace

std::optional<ClassTable> parse_metadata_csv(std::string_view text) {
  const CsvTable table = parse_csv(text);
  const auto image = table.find_column({kImageColumn});
  std::optional<size_t> label;
  for (const char* name : kLabelColumns)
    if (!label) label = table.find_column({name});
  if (!image || !label) return std::nullopt;
  std::vector<ClassTable::Row> rows;
  for (const CsvRow& row : table.rows) {
    if (row.cells[*image].empty()) refuse_line(row.line, row.offset_bytes, "has no file_name");
    rows.push_back(make_row(row.cells[*image], row.cells[*label], row.line, row.offset_bytes));
  }
  return make_class_table(std::move(rows),
                          fmt::format("{} and {}", kImageColumn, table.header.cells[*label]));
}

std::optional<ClassTable> parse_metadata_jsonl(std::string_view text) {
  std::vector<ClassTable::Row> rows;
  std::optional<std::string> label;
  uint64_t line = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view row = text.substr(begin, end - begin);
    ++line;
    if (row.find_first_not_of(" \t\r") != std::string_view::npos) {
      const Json json = parse_line(row, line, begin);
      if (rows.empty()) label = label_key(json);
      if (rows.empty() && (!label || !json.contains(kImageColumn))) return std::nullopt;
      if (!json.contains(kImageColumn)) refuse_line(line, begin, "has no file_name");
      rows.push_back(make_row(json[kImageColumn].get<std::string>(),
                              label_text(json.value(*label, Json()), line, begin), line, begin));
    }
    begin = end + 1;
  }
  if (rows.empty()) return std::nullopt;
  return make_class_table(std::move(rows), fmt::format("{} and {}", kImageColumn, *label));
}

std::optional<ClassTable> read_folder_metadata(const fs::path& folder) {
  using Parse = std::optional<ClassTable> (*)(std::string_view text);
  constexpr std::array<std::pair<const char*, Parse>, 2> kTables{
      {{"metadata.csv", parse_metadata_csv}, {"metadata.jsonl", parse_metadata_jsonl}}};
  for (const auto& [name, parse] : kTables) {
    const fs::path path = folder / name;
    if (!fs::is_regular_file(path)) continue;
    try {
      std::optional<ClassTable> table = parse(read_text_file(path));
      if (table) table->path = path.string();
      return table;
    } catch (const Error& error) {
      throw error.at(path.string());
    }
  }
  return std::nullopt;
}

}  // namespace stoker
