#include "formats/arrow/table_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "formats/plain_fields.h"
#include "formats/stacked/array_fields.h"
#include "libdata/core/error.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace {

using Features = std::map<std::string, HuggingFeature>;

constexpr std::array<std::string_view, 7> kImages{"image", "img",  "images",      "jpg",
                                                  "png",   "jpeg", "pixel_values"};
constexpr std::array<std::string_view, 9> kLabels{
    "label", "labels", "fine_label", "target", "targets", "class", "cls", "y", "category"};

class Choice {
 public:
  Choice(const std::vector<TableColumn>& columns, const Features& features,
         const std::vector<TableProbe>& probes, std::vector<SampleNote>& notes)
      : columns_(columns), features_(features), probes_(probes), notes_(notes) {}

  std::vector<TableField> choose(const std::map<std::string, std::string>& wanted) {
    for (const auto& [name, source] : wanted)
      take(find(name, source), name, name == "label");
    wished_ = false;
    take_all();
    const auto rank = [](const TableField& field) {
      return field.field.name == "image" ? 0 : field.field.name == "label" ? 1 : 2;
    };
    std::stable_sort(fields_.begin(), fields_.end(), [&](const auto& a, const auto& b) {
      return std::pair(rank(a), a.column) < std::pair(rank(b), b.column);
    });
    return std::move(fields_);
  }

 private:
  size_t find(const std::string& name, const std::string& source) const {
    std::vector<std::string> names;
    for (size_t c = 0; c < columns_.size(); ++c) {
      if (columns_[c].name == source) return c;
      names.push_back(columns_[c].name);
    }
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--field {}={}: there is no such column; there are {}", name, source,
                            fmt::join(names, ", ")));
  }

  bool is_class_label(size_t column) const {
    const auto found = features_.find(columns_[column].name);
    return found != features_.end() && found->second.type == "ClassLabel";
  }
  bool is_image(size_t column) const {
    return columns_[column].kind == TableKind::kImage ||
           (columns_[column].kind == TableKind::kBytes && probes_[column].holds_image);
  }
  bool may_be_label(size_t column) const {
    const TableColumn& each = columns_[column];
    return each.kind == TableKind::kText ||
           (each.kind == TableKind::kNumber && is_integer(each.element));
  }

  // The only column of its kind, or the one with the likeliest name; none where the request has
  // said which.
  template <typename Names, typename Is>
  size_t best(const Names& names, const char* what, Is is) const {
    std::vector<size_t> fitting;
    if (names_.contains(what)) return columns_.size();
    for (size_t c = 0; c < columns_.size(); ++c)
      if (!taken_.contains(c) && is(c)) fitting.push_back(c);
    if (fitting.size() == 1) return fitting.front();
    for (const std::string_view name : names) {
      const auto found = std::find_if(fitting.begin(), fitting.end(),
                                      [&](size_t c) { return columns_[c].name == name; });
      if (found != fitting.end()) return *found;
    }
    if (fitting.empty()) return columns_.size();
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("several columns may be the {0}, '{1}' and '{2}' among them: say which "
                            "with --field {0}={1}",
                            what, columns_[fitting[0]].name, columns_[fitting[1]].name));
  }

  void take_all() {
    const size_t image = best(kImages, "image", [&](size_t c) { return is_image(c); });
    size_t label = best(kLabels, "label", [&](size_t c) { return is_class_label(c); });
    for (const std::string_view name : kLabels) {
      for (size_t c = 0; c < columns_.size() && label == columns_.size(); ++c) {
        const bool free = !taken_.contains(c) && !names_.contains("label");
        if (free && columns_[c].name == name && may_be_label(c)) label = c;
      }
    }
    for (size_t c = 0; c < columns_.size(); ++c) {
      const TableColumn& column = columns_[c];
      const bool is_name = column.name == kNameColumn && column.kind == TableKind::kText;
      if (taken_.contains(c) || is_name) continue;
      take(c, c == image ? "image" : c == label ? "label" : column.name, c == label);
    }
  }

  void note(size_t column, const std::string& text) {
    notes_.push_back({columns_[column].name, text, {}, 0});
  }

  void take(size_t column, const std::string& name, bool is_label) {
    const TableColumn& source = columns_[column];
    if (!may_be_field(column)) return;
    if (!taken_.insert(column).second) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("--field names the column '{}' twice", source.name));
    }
    if (!names_.insert(name).second) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("two columns would be the field '{0}': say which with --field "
                              "{0}=COLUMN, and what the other is to be called",
                              name));
    }
    if (is_label && may_be_label(column)) {
      return add(class_index_field(), TableForm::kLabel, column);
    }
    if (is_image(column)) return add(encoded_image_field(name), TableForm::kImage, column);
    if (source.kind == TableKind::kText)
      return add(utf8_text_field(name), TableForm::kText, column);
    if (source.kind == TableKind::kBytes) {
      return add(any_bytes_field(name), TableForm::kBytes, column);
    }
    take_numbers(column, name);
  }

  bool may_be_field(size_t column) {
    const TableColumn& source = columns_[column];
    if (source.kind == TableKind::kNull) {
      return refuse(column, "the column holds nothing but nulls");
    }
    return source.kind != TableKind::kOther ||
           refuse(column,
                  fmt::format("the column is of type {}, which no field holds", source.type_name));
  }

  bool refuse(size_t column, const std::string& why) {
    if (wished_) {
      throw Error(ErrorCode::kUnsupported, fmt::format("'{}': {}", columns_[column].name, why));
    }
    note(column, "left out: " + why);
    return false;
  }

  void take_numbers(size_t column, const std::string& name) {
    const TableColumn& source = columns_[column];
    bool fixed = true;
    StridedArray one;
    one.path = source.name;
    one.type = source.element;
    if (one.type.kind == ElementKind::kUnsigned && one.type.size_bytes == 8) {
      one.type.kind = ElementKind::kSigned;  // no field holds uint64; int64 does, for what fits
    }
    one.shape = {1};
    for (size_t axis = 0; axis < source.extents.size(); ++axis) {
      const int64_t extent = source.extents[axis];
      fixed = fixed && extent >= 0;
      const auto probed = axis < probes_[column].shape.size() ? probes_[column].shape[axis] : 1;
      one.shape.push_back(extent < 0 ? std::max<uint64_t>(probed, 1)
                                     : static_cast<uint64_t>(extent));
    }
    one.strides_bytes = packed_strides(one.shape, one.type, false);
    FieldArray made;
    try {
      made = as_field(name, std::move(one));
    } catch (const Error& error) {
      refuse(column, error.message());
      return;
    }
    for (const std::string& text : made.notes)
      note(column, text);
    if (!fixed) {
      made.field.storage = Storage::kBlob;
      made.field.shape.clear();
    }
    if (is_class_label(column)) note(column, "is no label here: its class names are left out");
    add(std::move(made.field), TableForm::kArray, column);
  }

  void add(Field field, TableForm form, size_t column) {
    fields_.push_back({std::move(field), form, column});
  }

  const std::vector<TableColumn>& columns_;
  const Features& features_;
  const std::vector<TableProbe>& probes_;
  std::vector<SampleNote>& notes_;
  std::vector<TableField> fields_;
  std::set<std::string> names_;
  std::set<size_t> taken_;
  bool wished_ = true;  // what is taken was named by the request
};

TableForm written_form(const Field& field) {
  if (holds_class_index(field)) return TableForm::kLabel;
  if (holds_encoded_image(field)) return TableForm::kImage;
  if (holds_any_bytes(field)) return holds_utf8_text(field) ? TableForm::kText : TableForm::kBytes;
  return TableForm::kArray;
}

bool fits(const TableField& field, const TableColumn& column) {
  switch (field.form) {
    case TableForm::kLabel:
      return column.kind == TableKind::kNumber && is_integer(column.element);
    case TableForm::kImage:
      return column.kind == TableKind::kImage;
    case TableForm::kText:
      return column.kind == TableKind::kText;
    case TableForm::kBytes:
      return column.kind == TableKind::kBytes;
    default:
      return (field.field.rank() == 0 ? column.kind == TableKind::kNumber
                                      : column.kind == TableKind::kArray &&
                                            column.extents.size() == field.field.axes.size()) &&
             column.element == element_type_of(field.field.dtype);
  }
}

}  // namespace

Features read_hugging_features(const std::string& text) {
  Features features;
  if (text.empty()) return features;
  read_json(text, "Hugging Face's features", [&](const Json& json) {
    const Json& info = json.contains("info") ? json.at("info") : json;
    if (!info.contains("features") || !info.at("features").is_object()) return;
    for (const auto& [name, feature] : info.at("features").items()) {
      if (!feature.is_object() || !feature.contains("_type")) continue;
      HuggingFeature& found = features[name];
      found.type = feature.at("_type").get<std::string>();
      if (found.type == "ClassLabel" && feature.contains("names"))
        found.class_names = feature.at("names").get<std::vector<std::string>>();
      if (!found.type.starts_with("Array") || !feature.contains("shape")) continue;
      for (const Json& extent : feature.at("shape"))
        found.shape.push_back(extent.is_null() ? -1 : read_int64(extent));
    }
  });
  return features;
}

std::vector<TableField> fields_of_table(const std::vector<TableColumn>& columns,
                                        const Features& features,
                                        const std::vector<TableProbe>& probes,
                                        const std::map<std::string, std::string>& wanted,
                                        std::vector<SampleNote>& notes) {
  return Choice(columns, features, probes, notes).choose(wanted);
}

std::vector<TableField> written_fields(const std::vector<TableColumn>& columns, const Schema& own) {
  std::vector<TableField> fields;
  for (const Field& field : own.fields) {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const TableColumn& c) { return c.name == field.name; });
    TableField made{field, written_form(field), static_cast<size_t>(found - columns.begin()), true};
    if (found != columns.end() && fits(made, *found)) {
      fields.push_back(std::move(made));
      continue;
    }
    throw Error(ErrorCode::kCorrupt,
                fmt::format("stoker.json has a field '{}'; the file has {}", field.name,
                            found == columns.end() ? "no such column"
                                                   : "a column of type " + found->type_name));
  }
  return fields;
}

}  // namespace stoker
