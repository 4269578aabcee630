#include "formats/arrow/hugging_features.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "formats/arrow/table_fields.h"
#include "formats/plain_fields.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace {

constexpr ElementType kInt64{ElementKind::kSigned, 8, false};

Json value_feature(const std::string& dtype) {
  return {{"dtype", dtype}, {"_type", "Value"}};
}

Json class_feature(const std::vector<std::string>& class_names) {
  if (class_names.empty()) return value_feature("int64");
  return {{"names", class_names}, {"_type", "ClassLabel"}};
}

Json array_feature(const Field& field) {
  Json feature = value_feature(std::string(dtype_name(field.dtype)));
  if (field.axes.empty()) return feature;
  if (field.storage == Storage::kInline && field.shape.size() > 1) {
    return {{"shape", field.shape},
            {"dtype", dtype_name(field.dtype)},
            {"_type", fmt::format("Array{}D", field.shape.size())}};
  }
  if (field.storage == Storage::kInline) {
    return {{"feature", feature}, {"length", field.shape.front()}, {"_type", "List"}};
  }
  for (size_t axis = 0; axis < field.axes.size(); ++axis)
    feature = {{"feature", std::move(feature)}, {"_type", "List"}};
  return feature;
}

TableColumn array_column(const Field& field) {
  TableColumn column;
  column.kind = field.axes.empty() ? TableKind::kNumber : TableKind::kArray;
  column.element = element_type_of(field.dtype);
  column.extents = field.shape;
  if (field.storage == Storage::kBlob) column.extents.assign(field.axes.size(), -1);
  return column;
}

std::pair<TableColumn, Json> column_of(const Field& field,
                                       const std::vector<std::string>& class_names) {
  TableColumn column;
  if (holds_class_index(field)) {
    column.kind = TableKind::kNumber;
    column.element = kInt64;
    return {column, class_feature(class_names)};
  }
  if (holds_encoded_image(field)) {
    column.kind = TableKind::kImage;
    return {column, {{"_type", "Image"}}};
  }
  if (holds_any_bytes(field)) {
    column.kind = holds_utf8_text(field) ? TableKind::kText : TableKind::kBytes;
    return {column, value_feature(holds_utf8_text(field) ? "string" : "binary")};
  }
  return {array_column(field), array_feature(field)};
}

}  // namespace

HubColumns hub_columns(const Schema& schema, const std::vector<std::string>& class_names) {
  HubColumns made;
  Json features = Json::object();
  made.has_names = true;
  for (const Field& field : schema.fields) {
    auto [column, feature] = column_of(field, class_names);
    column.name = field.name;
    if (column.kind == TableKind::kImage) made.has_names = false;
    features[field.name] = std::move(feature);
    made.columns.push_back(std::move(column));
  }
  if (made.has_names) {
    TableColumn names;
    names.name = kNameColumn;
    names.kind = TableKind::kText;
    features[kNameColumn] = value_feature("string");
    made.columns.push_back(std::move(names));
  }
  made.features = Json{{"info", {{"features", std::move(features)}}}}.dump(-1, ' ', true);
  return made;
}

}  // namespace stoker
