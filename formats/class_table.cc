#include "formats/class_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "formats/image_names.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr size_t kNamesInNote = 5;
constexpr const char* kWaysOut =
    "; --class-from FILE.csv matches names by their ends, --class-from folder takes folders for "
    "classes";

struct Columns {
  size_t image = 0;
  std::optional<size_t> label;  // none: one column a class
};

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

bool is_one_column_a_class(const CsvTable& table, size_t image) {
  if (table.header.cells.size() < 3 || table.rows.empty()) return false;
  for (const CsvRow& row : table.rows) {
    for (size_t column = 0; column < row.cells.size(); ++column) {
      const std::optional<double> value = number_in(row.cells[column]);
      if (column != image && value != 0.0 && value != 1.0) return false;
    }
  }
  return true;
}

Columns find_columns(const CsvTable& table, const std::string& label_column) {
  const std::optional<size_t> image = table.find_column(
      {"image",  "imageid", "imagename", "imagepath", "imagefile", "imagefilename", "img",
       "imgid",  "imgname", "imgpath",   "imgfile",   "filename",  "file",          "filepath",
       "path",   "isicid",  "photo",     "photoid",   "picture",   "fname",         "idcode",
       "fileid", "relpath", "name",      "id"});
  std::optional<size_t> label =
      table.find_column({"label",    "labels",       "class",      "classname",  "target",
                         "category", "categoryname", "diagnosis",  "dx",         "species",
                         "breed",    "level",        "wnid",       "synset",     "predictionstring",
                         "classid",  "labelid",      "categoryid", "classlabel", "labelname"});
  if (!label_column.empty()) {
    label = table.find_column({label_column});
    if (!label) {
      throw Error(ErrorCode::kInvalidArgument, "no column '" + label_column + "' in the table");
    }
  }
  const size_t columns = table.header.cells.size();
  if (columns == 2 && image && !label) return {*image, 1 - *image};
  if (columns == 2 && label && (!image || image == label)) return {1 - *label, label};
  if (columns == 2 && !image && !label) return {0, size_t{1}};
  if (image && label && image != label) return {*image, label};
  if (image && !label && is_one_column_a_class(table, *image)) return {*image, std::nullopt};
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("expected columns such as image and label in the table, or image and one "
                          "column a class; found {}. FILE.csv:COLUMN names the labels' column",
                          fmt::join(table.header.cells, ", ")));
}

std::string plain_path(std::string_view image) {
  std::string path(image);
  std::replace(path.begin(), path.end(), '\\', '/');
  while (path.starts_with("./"))
    path.erase(0, 2);
  while (path.starts_with('/'))
    path.erase(0, 1);
  return path;
}

std::string label_in_one_column_a_class(const CsvTable& table, const CsvRow& row, size_t image) {
  std::string label;
  for (size_t column = 0; column < row.cells.size(); ++column) {
    if (column == image || number_in(row.cells[column]) != 1.0) continue;
    if (!label.empty()) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("line {}: {} is {} and {}; images of several classes are not packed",
                              row.line, row.cells[image], label, table.header.cells[column]),
                  {}, row.offset_bytes);
    }
    label = table.header.cells[column];
  }
  return label;
}

// Whether one path is the other, or the other behind some folders.
bool is_tail(std::string_view tail, std::string_view path) {
  return path.ends_with(tail) &&
         (path.size() == tail.size() || path[path.size() - tail.size() - 1] == '/');
}

// The images of a source, found by the name in a table.
class ImageIndex {
 public:
  explicit ImageIndex(std::span<const std::string> names) : names_(names) {
    for (size_t i = 0; i < names.size(); ++i) {
      images_of_[std::string(without_extension(base_name(names[i])))].push_back(i);
    }
  }

  // An image that is called so to the letter goes before all others that may be meant.
  std::vector<size_t> find(const std::string& image, bool whole_paths) const {
    std::vector<size_t> found;
    std::vector<size_t> of_that_stem;
    const bool has_extension = has_image_extension(image);
    const std::string_view stem = has_extension ? without_extension(image) : image;
    const auto candidates = images_of_.find(std::string(base_name(stem)));
    if (candidates == images_of_.end()) return found;
    for (const size_t i : candidates->second) {
      const std::string& name = names_[i];
      if (name == image) return {i};
      const std::string_view name_stem = without_extension(name);
      if (whole_paths ||
          (has_extension && to_lower(name.substr(name_stem.size())) !=
                                to_lower(std::string_view(image).substr(stem.size())))) {
        continue;
      }
      if (name_stem == stem) of_that_stem.push_back(i);
      if (is_tail(stem, name_stem) || is_tail(name_stem, stem)) found.push_back(i);
    }
    return of_that_stem.empty() ? found : of_that_stem;
  }

 private:
  std::span<const std::string> names_;
  std::unordered_map<std::string, std::vector<size_t>> images_of_;
};

Error row_error(const ClassTable& table, const ClassTable::Row& row, const std::string& message) {
  return Error(ErrorCode::kCorrupt, fmt::format("line {}: {}", row.source.line, message),
               table.path, row.source.offset_bytes);
}

SampleNote count_note(const ClassTable& table, const std::vector<std::string>& names,
                      const std::string& what) {
  const auto shown = static_cast<ptrdiff_t>(std::min(names.size(), kNamesInNote));
  return {names.front(),
          fmt::format("{} of {} rows {}: {}{}", names.size(), table.rows.size(), what,
                      fmt::join(names.begin(), names.begin() + shown, ", "),
                      names.size() > kNamesInNote ? ", ..." : ""),
          std::string(base_name(table.path)), 0};
}

}  // namespace

std::vector<std::string> order_classes(const std::set<std::string>& labels) {
  std::vector<std::string> names(labels.begin(), labels.end());
  const bool numbers = std::all_of(names.begin(), names.end(),
                                   [](const auto& name) { return number_in(name).has_value(); });
  if (numbers) {
    std::stable_sort(names.begin(), names.end(), [](const auto& a, const auto& b) {
      return number_in(a).value() < number_in(b).value();
    });
  }
  return names;
}

ClassTable make_class_table(std::vector<ClassTable::Row> rows, const std::string& columns) {
  ClassTable classes;
  classes.columns = columns;
  std::set<std::string> labels;
  for (ClassTable::Row& row : rows) {
    row.image = plain_path(row.image);
    if (!row.label.empty()) labels.insert(row.label);
  }
  classes.rows = std::move(rows);
  classes.class_names = order_classes(labels);
  return classes;
}

ClassTable parse_class_table(std::string_view text, const std::string& label_column) {
  CsvTable table;
  table.rows = parse_csv_rows(text);
  if (table.rows.empty()) throw Error(ErrorCode::kCorrupt, "the table is empty", {}, 0);
  const bool has_header = !has_image_extension(table.rows.front().cells.front());
  table.header = table.rows.front();
  if (has_header) {
    table.rows.erase(table.rows.begin());
  } else if (table.header.cells.size() == 2) {
    table.header.cells = {"image", "label"};
  }
  const Columns columns = find_columns(table, label_column);
  ClassTable classes;
  classes.columns = table.header.cells[columns.image] + " and " +
                    (columns.label ? table.header.cells[*columns.label] : "one column a class");
  std::set<std::string> labels;
  if (!columns.label) {
    labels.insert(table.header.cells.begin(), table.header.cells.end());
    labels.erase(table.header.cells[columns.image]);
  }
  const bool first_word =
      columns.label && plain_column_name(table.header.cells[*columns.label]) == "predictionstring";
  for (CsvRow& row : table.rows) {
    ClassTable::Row entry;
    entry.image = plain_path(row.cells[columns.image]);
    entry.label = columns.label ? row.cells[*columns.label]
                                : label_in_one_column_a_class(table, row, columns.image);
    if (first_word) entry.label.resize(std::min(entry.label.find(' '), entry.label.size()));
    if (!entry.label.empty()) labels.insert(entry.label);
    entry.source.line = row.line;
    entry.source.offset_bytes = row.offset_bytes;
    classes.rows.push_back(std::move(entry));
  }
  classes.class_names = order_classes(labels);
  return classes;
}

ClassTable read_class_table(const std::string& file_and_column) {
  std::string path = file_and_column;
  std::string column;
  const size_t colon = path.rfind(':');
  if (colon != path.npos && !fs::exists(path)) {
    column = path.substr(colon + 1);
    path.resize(colon);
  }
  try {
    ClassTable table = parse_class_table(read_text_file(path), column);
    table.path = path;
    return table;
  } catch (const Error& error) {
    throw error.at(path);
  }
}

TableLabels match_images(const ClassTable& table, std::span<const std::string> names) {
  TableLabels found;
  found.labels.assign(names.size(), -1);
  std::map<std::string_view, int32_t> index_of;
  for (size_t i = 0; i < table.class_names.size(); ++i)
    index_of.emplace(table.class_names[i], static_cast<int32_t>(i));
  const ImageIndex index(names);
  std::vector<std::string> without_image;
  std::vector<std::string> without_label;
  for (const ClassTable::Row& row : table.rows) {
    const std::vector<size_t> images = index.find(row.image, table.whole_paths);
    if (images.size() > 1) {
      throw row_error(table, row,
                      "'" + row.image + "' may be " + names[images[0]] + " or " + names[images[1]]);
    }
    if (images.empty()) {
      without_image.push_back(row.image);
    } else if (row.label.empty()) {
      without_label.push_back(row.image);
    } else {
      int32_t& label = found.labels[images.front()];
      const int32_t now = index_of.at(row.label);
      if (label >= 0 && label != now) {
        throw row_error(table, row,
                        names[images.front()] + " is " + row.label + " here and " +
                            table.class_names[static_cast<size_t>(label)] + " before");
      }
      label = now;
    }
  }
  if (without_image.size() == table.rows.size()) {
    throw Error(ErrorCode::kCorrupt,
                "no row names an image of the source: rows say '" +
                    (table.rows.empty() ? std::string() : table.rows.front().image) +
                    "', images are '" + (names.empty() ? std::string() : names.front()) + "'" +
                    (table.whole_paths ? kWaysOut : ""),
                table.path);
  }
  if (!without_image.empty()) {
    found.notes.push_back(count_note(table, without_image, "name no image of the source"));
  }
  if (!without_label.empty()) {
    found.notes.push_back(count_note(table, without_label, "give no label"));
  }
  return found;
}

}  // namespace stoker
