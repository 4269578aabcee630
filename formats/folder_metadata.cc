#include "formats/folder_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "formats/image_names.h"
#include "formats/split_names.h"
#include "formats/tree_filter.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/text_lines.h"

namespace stoker {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kImageColumn = "file_name";
constexpr std::array<const char*, 8> kLabelColumns{
    "label", "labels", "class", "class_name", "category", "target", "label_name", "class_label"};
constexpr const char* kWayOut =
    "; --class-from folder takes folders for classes, --exclude leaves a table out";

[[noreturn]] void refuse_line(uint64_t line, uint64_t offset, const std::string& why) {
  throw Error(ErrorCode::kCorrupt, fmt::format("line {}: {}{}", line, why, kWayOut), {}, offset);
}

ClassTable::Row make_row(std::string image, std::string label, uint64_t line, uint64_t offset) {
  ClassTable::Row row;
  row.image = std::move(image);
  row.label = std::move(label);
  row.source.line = line;
  row.source.offset_bytes = offset;
  return row;
}

ClassTable make_table(std::vector<ClassTable::Row> rows, const std::string& label) {
  ClassTable table =
      make_class_table(std::move(rows), fmt::format("{} and {}", kImageColumn, label));
  table.whole_paths = true;
  return table;
}

// A class by its name or number; nothing is no label.
std::string label_text(const Json& value, const TextLine& line) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  refuse_line(line.number, line.offset_bytes, "a label is a text or a whole number");
}

struct JsonRow {
  TextLine line;
  Json json;
};

std::vector<JsonRow> parse_rows(std::string_view text) {
  std::vector<JsonRow> rows;
  for (const TextLine& line : text_lines(text)) {
    if (line.text.find_first_not_of(" \t") == std::string_view::npos) continue;
    Json json = Json::parse(line.text, nullptr, false);
    if (!json.is_object()) refuse_line(line.number, line.offset_bytes, "expected a JSON object");
    rows.push_back({line, std::move(json)});
  }
  return rows;
}

// The first of the usual names that any row has.
std::optional<std::string> label_key(const std::vector<JsonRow>& rows) {
  for (const char* name : kLabelColumns) {
    if (std::any_of(rows.begin(), rows.end(),
                    [&](const auto& row) { return row.json.contains(name); }))
      return name;
  }
  return std::nullopt;
}

using Parse = std::optional<ClassTable> (*)(std::string_view text);

Parse parser_of(std::string_view path) {
  if (base_name(path) == "metadata.csv") return parse_metadata_csv;
  return base_name(path) == "metadata.jsonl" ? parse_metadata_jsonl : nullptr;
}

// Tables that are the user's own, by path; of several members of one path the last.
std::map<std::string_view, const ListedEntry*> find_tables(const ListedTree& tree,
                                                           const Exclusions& exclusions) {
  std::map<std::string_view, const ListedEntry*> tables;
  for (const ListedEntry& entry : tree.entries) {
    const bool counts = entry.kind == ListedKind::kFile && parser_of(entry.path) != nullptr &&
                        left_lying_front(entry.path).empty() &&
                        exclusions.find(entry.path) == Exclusions::kNone;
    if (!counts) continue;
    const auto [at, fresh] = tables.emplace(entry.path, &entry);
    if (!fresh && entry.place > at->second->place) at->second = &entry;
  }
  return tables;
}

std::optional<ClassTable> read_table(const ListedTree& tree, const ListedEntry& entry) {
  const std::string path = path_to(tree, entry.path);
  try {
    const RangeFile file(tree.files[entry.file]);
    const Bytes text = file.read(entry.offset_bytes, entry.size_bytes);
    std::optional<ClassTable> table = parser_of(entry.path)(as_text(text));
    if (!table) return table;
    table->path = path;
    const std::string_view folder = folder_name(entry.path);
    if (folder.empty()) return table;
    for (ClassTable::Row& row : table->rows)
      row.image = fmt::format("{}/{}", folder, row.image);
    return table;
  } catch (const Error& error) {
    throw error.at(path);
  }
}

// Below the table's folder. InvalidArgument for an image beside it, which would get no label.
std::vector<std::string_view> images_below(const ListedTree& tree, const Exclusions& exclusions,
                                           const ListedEntry& table) {
  const std::string_view folder = folder_name(table.path);
  const size_t front = folder.empty() ? 0 : folder.size() + 1;
  std::vector<std::string_view> images;
  for (const ListedEntry& entry : tree.entries) {
    const std::string_view path = entry.path;
    if (entry.kind != ListedKind::kFile || !has_image_extension(path)) continue;
    if (!left_lying_front(path).empty() || exclusions.find(path) != Exclusions::kNone) continue;
    if (front > 0 && (!path.starts_with(folder) || path.substr(folder.size(), 1) != "/")) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' says classes, but '{}' is not in its folder: give that folder "
                              "alone as --input{}",
                              table.path, path, kWayOut),
                  tree.root);
    }
    images.push_back(path.substr(front));
  }
  return images;
}

// The first folders that images lie in, behind those that all of them share.
std::set<std::string> first_folders(std::vector<std::string_view> images) {
  while (true) {
    std::set<std::string> folders;
    for (const std::string_view image : images) {
      const size_t slash = image.find('/');
      folders.emplace(slash == std::string_view::npos ? "" : image.substr(0, slash));
    }
    if (folders.size() != 1 || folders.begin()->empty()) return folders;
    for (std::string_view& image : images)
      image.remove_prefix(folders.begin()->size() + 1);
  }
}

// A table over several splits would make them one.
void refuse_splits(const ListedTree& tree, const Exclusions& exclusions, const ListedEntry& table) {
  const std::set<std::string> folders = first_folders(images_below(tree, exclusions, table));
  const std::vector<std::string> splits = find_splits({folders.begin(), folders.end()});
  if (folders.size() < 2 || splits.empty()) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("'{}' says classes of several splits ({}): give one split's folder as "
                          "--input, and the table as --class-from",
                          table.path, fmt::join(splits, ", ")),
              tree.root);
}

// Others are not looked into: a table of something else may have any form.
bool names_images(std::string_view text) {
  return plain_text(text).find(kImageColumn) != std::string_view::npos;
}

}  // namespace

std::optional<ClassTable> parse_metadata_csv(std::string_view text) {
  if (!names_images(text)) return std::nullopt;
  const CsvTable table = parse_csv(text);
  const auto& header = table.header.cells;
  const auto image = std::find(header.begin(), header.end(), kImageColumn);
  std::optional<size_t> label;
  for (const char* name : kLabelColumns)
    if (!label) label = table.find_column({name});
  if (image == header.end() || !label) return std::nullopt;
  const auto column = static_cast<size_t>(image - header.begin());
  std::vector<ClassTable::Row> rows;
  for (const CsvRow& row : table.rows) {
    if (row.cells[column].empty()) refuse_line(row.line, row.offset_bytes, "has no file_name");
    rows.push_back(make_row(row.cells[column], row.cells[*label], row.line, row.offset_bytes));
  }
  return make_table(std::move(rows), header[*label]);
}

std::optional<ClassTable> parse_metadata_jsonl(std::string_view text) {
  if (!names_images(text)) return std::nullopt;
  const std::vector<JsonRow> parsed = parse_rows(text);
  const bool has_names = std::any_of(parsed.begin(), parsed.end(), [](const JsonRow& row) {
    return row.json.contains(kImageColumn);
  });
  const std::optional<std::string> label = label_key(parsed);
  if (!has_names || !label) return std::nullopt;
  std::vector<ClassTable::Row> rows;
  for (const auto& [line, json] : parsed) {
    const auto name = json.find(kImageColumn);
    if (name == json.end() || !name->is_string() || name->get<std::string>().empty())
      refuse_line(line.number, line.offset_bytes, "has no file_name that is a text");
    rows.push_back(make_row(name->get<std::string>(), label_text(json.value(*label, Json()), line),
                            line.number, line.offset_bytes));
  }
  return make_table(std::move(rows), *label);
}

std::optional<ClassTable> find_tree_metadata(const ListedTree& tree, const Exclusions& exclusions) {
  std::optional<ClassTable> found;
  const ListedEntry* place = nullptr;
  for (const auto& [path, entry] : find_tables(tree, exclusions)) {
    std::optional<ClassTable> table = read_table(tree, *entry);
    if (!table) continue;
    if (found) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' and '{}' both say classes: give each folder as an --input of "
                              "its own{}",
                              place->path, path, kWayOut),
                  tree.root);
    }
    found = std::move(table);
    place = entry;
  }
  if (found) refuse_splits(tree, exclusions, *place);
  return found;
}

}  // namespace stoker
