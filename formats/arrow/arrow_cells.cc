#include "formats/arrow/arrow_cells.h"

#include <arrow/util/byte_size.h>
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "formats/arrow/arrow_status.h"
#include "formats/utf8_names.h"

namespace stoker {
namespace {

using arrow::Type;

constexpr size_t kMostAxes = 4;

std::optional<ElementType> element_of(const arrow::DataType& type) {
  const auto make = [](ElementKind kind, int bytes) {
    return ElementType{kind, static_cast<uint8_t>(bytes), false};
  };
  switch (type.id()) {
    case Type::BOOL:
      return make(ElementKind::kBool, 1);
    case Type::UINT8:
      return make(ElementKind::kUnsigned, 1);
    case Type::UINT16:
      return make(ElementKind::kUnsigned, 2);
    case Type::UINT32:
      return make(ElementKind::kUnsigned, 4);
    case Type::UINT64:
      return make(ElementKind::kUnsigned, 8);
    case Type::INT8:
      return make(ElementKind::kSigned, 1);
    case Type::INT16:
      return make(ElementKind::kSigned, 2);
    case Type::INT32:
      return make(ElementKind::kSigned, 4);
    case Type::INT64:
      return make(ElementKind::kSigned, 8);
    case Type::HALF_FLOAT:
      return make(ElementKind::kFloat, 2);
    case Type::FLOAT:
      return make(ElementKind::kFloat, 4);
    case Type::DOUBLE:
      return make(ElementKind::kFloat, 8);
    default:
      return std::nullopt;
  }
}

bool is_text(Type::type id) {
  return id == Type::STRING || id == Type::LARGE_STRING || id == Type::STRING_VIEW;
}
bool is_bytes(Type::type id) {
  return id == Type::BINARY || id == Type::LARGE_BINARY || id == Type::BINARY_VIEW ||
         id == Type::FIXED_SIZE_BINARY;
}

// What values of the type are, whatever wraps them.
std::shared_ptr<arrow::DataType> plain_type(std::shared_ptr<arrow::DataType> type) {
  for (int depth = 0; depth < 8; ++depth) {
    if (type->id() == Type::DICTIONARY) {
      type = static_cast<const arrow::DictionaryType&>(*type).value_type();
    } else if (type->id() == Type::EXTENSION) {
      type = static_cast<const arrow::ExtensionType&>(*type).storage_type();
    } else {
      break;
    }
  }
  return type;
}

bool is_image(const arrow::DataType& type) {
  if (type.num_fields() != 2) return false;
  const auto& parts = static_cast<const arrow::StructType&>(type);
  const auto bytes = parts.GetFieldByName("bytes");
  const auto path = parts.GetFieldByName("path");
  return bytes && path && is_bytes(bytes->type()->id()) &&
         (is_text(path->type()->id()) || path->type()->id() == Type::NA);
}

void describe_list(std::shared_ptr<arrow::DataType> type, TableColumn& column) {
  while (type->id() == Type::LIST || type->id() == Type::LARGE_LIST ||
         type->id() == Type::FIXED_SIZE_LIST) {
    const bool fixed = type->id() == Type::FIXED_SIZE_LIST;
    column.extents.push_back(fixed ? static_cast<const arrow::FixedSizeListType&>(*type).list_size()
                                   : -1);
    type = type->field(0)->type();
  }
  const auto element = element_of(*type);
  if (!element || column.extents.size() > kMostAxes) return;
  column.kind = TableKind::kArray;
  column.element = *element;
}

ByteSpan view_bytes(std::string_view view) {
  return {reinterpret_cast<const uint8_t*>(view.data()), view.size()};
}

// Bytes of one value of a text or binary array. Precondition: not null.
std::string_view view_of(const arrow::Array& array, int64_t row) {
  switch (array.type_id()) {
    case Type::STRING:
    case Type::BINARY:
      return static_cast<const arrow::BinaryArray&>(array).GetView(row);
    case Type::LARGE_STRING:
    case Type::LARGE_BINARY:
      return static_cast<const arrow::LargeBinaryArray&>(array).GetView(row);
    case Type::STRING_VIEW:
    case Type::BINARY_VIEW:
      return static_cast<const arrow::BinaryViewArray&>(array).GetView(row);
    default:
      return static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row);
  }
}

struct Range {
  int64_t begin = 0;
  int64_t end = 0;
};

Range child_range(const arrow::Array& list, int64_t row) {
  switch (list.type_id()) {
    case Type::LIST: {
      const auto& array = static_cast<const arrow::ListArray&>(list);
      return {array.value_offset(row), array.value_offset(row + 1)};
    }
    case Type::LARGE_LIST: {
      const auto& array = static_cast<const arrow::LargeListArray&>(list);
      return {array.value_offset(row), array.value_offset(row + 1)};
    }
    default: {
      const auto& array = static_cast<const arrow::FixedSizeListArray&>(list);
      return {array.value_offset(row), array.value_offset(row + 1)};
    }
  }
}

const arrow::Array& child_of(const arrow::Array& list) {
  switch (list.type_id()) {
    case Type::LIST:
      return *static_cast<const arrow::ListArray&>(list).values();
    case Type::LARGE_LIST:
      return *static_cast<const arrow::LargeListArray&>(list).values();
    default:
      return *static_cast<const arrow::FixedSizeListArray&>(list).values();
  }
}

ByteSpan elements(const arrow::Array& array, const ElementType& type, Range range, Bytes& buffer) {
  for (int64_t i = range.begin; array.null_count() > 0 && i < range.end; ++i) {
    if (array.IsNull(i)) throw Error(ErrorCode::kUnsupported, "has a null among its numbers");
  }
  if (type.kind == ElementKind::kBool) {
    const auto& bits = static_cast<const arrow::BooleanArray&>(array);
    buffer.resize(static_cast<size_t>(range.end - range.begin));
    for (int64_t i = range.begin; i < range.end; ++i)
      buffer[static_cast<size_t>(i - range.begin)] = bits.Value(i) ? 1 : 0;
    return buffer;
  }
  const auto& data = *array.data();
  if (range.begin == range.end || data.buffers[1] == nullptr) return {};
  const auto begin = static_cast<size_t>(data.offset + range.begin) * type.size_bytes;
  const auto size = static_cast<size_t>(range.end - range.begin) * type.size_bytes;
  return {data.buffers[1]->data() + begin, size};
}

class ArrowBatch : public TableBatch {
 public:
  ArrowBatch(std::shared_ptr<arrow::RecordBatch> batch, std::vector<TableColumn> columns,
             const std::vector<int>& places, std::string path, std::shared_ptr<const void> keeps)
      : batch_(std::move(batch)),
        columns_(std::move(columns)),
        path_(std::move(path)),
        keeps_(std::move(keeps)) {
    for (const int place : places)
      arrays_.push_back(batch_->column(place));
    for (size_t i = 0; i < arrays_.size(); ++i)
      parts_.push_back(parts_of(i));
    size_bytes_ = static_cast<uint64_t>(arrow::util::TotalBufferSize(*batch_));
  }

  uint64_t rows() const override { return static_cast<uint64_t>(batch_->num_rows()); }
  uint64_t size_bytes() const override { return size_bytes_; }

  CellValue cell(size_t position, uint64_t row, Bytes& buffer) const override {
    try {
      return value(position, *arrays_[position], static_cast<int64_t>(row), buffer);
    } catch (const Error& error) {
      throw Error(error.code(),
                  fmt::format("the column '{}' {}", columns_[position].name, error.message()),
                  path_);
    }
  }

 private:
  struct ImageParts {
    std::shared_ptr<arrow::Array> bytes;
    std::shared_ptr<arrow::Array> path;
  };

  // Made once: a struct array makes its children anew whenever it is asked.
  ImageParts parts_of(size_t position) const {
    ImageParts parts;
    const arrow::Array* array = arrays_[position].get();
    if (columns_[position].kind != TableKind::kImage || array->type_id() != Type::STRUCT)
      return parts;
    const auto& image = static_cast<const arrow::StructArray&>(*array);
    parts.bytes = image.GetFieldByName("bytes");
    parts.path = image.GetFieldByName("path");
    return parts;
  }

  CellValue value(size_t position, const arrow::Array& array, int64_t row, Bytes& buffer) const {
    if (array.type_id() == Type::EXTENSION) {
      return value(position, *static_cast<const arrow::ExtensionArray&>(array).storage(), row,
                   buffer);
    }
    CellValue cell;
    cell.is_null = array.IsNull(row);
    if (cell.is_null) return cell;
    if (array.type_id() == Type::DICTIONARY) {
      const auto& indices = static_cast<const arrow::DictionaryArray&>(array);
      const int64_t index = indices.GetValueIndex(row);
      if (index < 0 || index >= indices.dictionary()->length()) {
        throw Error(ErrorCode::kCorrupt, "points outside its dictionary");
      }
      return value(position, *indices.dictionary(), index, buffer);
    }
    const TableColumn& column = columns_[position];
    switch (column.kind) {
      case TableKind::kNumber:
        cell.bytes = elements(array, column.element, {row, row + 1}, buffer);
        break;
      case TableKind::kText:
      case TableKind::kBytes: {
        const std::string_view view = view_of(array, row);
        cell.bytes = view_bytes(view);
        if (column.kind == TableKind::kText && !is_utf8(view)) {
          throw Error(ErrorCode::kCorrupt, "holds text that is not UTF-8");
        }
        break;
      }
      case TableKind::kImage:
        fill_image(parts_[position], row, cell);
        break;
      case TableKind::kArray:
        fill_array(array, column.element, row, buffer, cell);
        break;
      default:
        throw Error(ErrorCode::kUnsupported, "is of a type that no field holds");
    }
    return cell;
  }

  static void fill_image(const ImageParts& parts, int64_t row, CellValue& cell) {
    cell.is_null = !parts.bytes || parts.bytes->IsNull(row);
    if (!cell.is_null) cell.bytes = view_bytes(view_of(*parts.bytes, row));
    if (!parts.path || parts.path->type_id() == Type::NA || parts.path->IsNull(row)) return;
    cell.path = view_of(*parts.path, row);
    if (!is_utf8(cell.path)) throw Error(ErrorCode::kCorrupt, "holds a path that is not UTF-8");
  }

  static void fill_array(const arrow::Array& array, const ElementType& type, int64_t row,
                         Bytes& buffer, CellValue& cell) {
    const arrow::Array* list = &array;
    Range range{row, row + 1};
    while (list->type_id() == Type::LIST || list->type_id() == Type::LARGE_LIST ||
           list->type_id() == Type::FIXED_SIZE_LIST) {
      Range inner;
      int64_t extent = 0;
      for (int64_t i = range.begin; i < range.end; ++i) {
        if (list->IsNull(i)) throw Error(ErrorCode::kUnsupported, "has a null among its rows");
        const Range each = child_range(*list, i);
        if (i == range.begin) {
          inner = each;
          extent = each.end - each.begin;
        }
        if (each.end - each.begin != extent || each.begin > each.end ||
            (i > range.begin && each.begin != inner.end)) {
          throw Error(ErrorCode::kUnsupported, "has rows of different lengths: no array");
        }
        inner.end = each.end;
      }
      const arrow::Array& child = child_of(*list);
      if (inner.begin < 0 || inner.end > child.length()) {
        throw Error(ErrorCode::kCorrupt, "points outside its values");
      }
      cell.shape.push_back(static_cast<uint64_t>(extent));
      range = inner;
      list = &child;
    }
    cell.bytes = elements(*list, type, range, buffer);
  }

  std::shared_ptr<arrow::RecordBatch> batch_;
  std::vector<TableColumn> columns_;
  std::string path_;
  std::shared_ptr<const void> keeps_;
  std::vector<std::shared_ptr<arrow::Array>> arrays_;
  std::vector<ImageParts> parts_;
  uint64_t size_bytes_ = 0;
};

}  // namespace

TableColumn describe_column(const arrow::Field& field) {
  TableColumn column;
  column.name = field.name();
  column.type_name = field.type()->ToString();
  const auto type = plain_type(field.type());
  const auto element = element_of(*type);
  if (element) {
    column.kind = TableKind::kNumber;
    column.element = *element;
  } else if (is_text(type->id())) {
    column.kind = TableKind::kText;
  } else if (is_bytes(type->id())) {
    column.kind = TableKind::kBytes;
  } else if (type->id() == Type::STRUCT && is_image(*type)) {
    column.kind = TableKind::kImage;
  } else if (type->id() == Type::NA) {
    column.kind = TableKind::kNull;
  } else {
    describe_list(type, column);
  }
  return column;
}

std::string hugging_face_of(const arrow::KeyValueMetadata* metadata) {
  if (metadata == nullptr) return {};
  auto found = metadata->Get("huggingface");
  return found.ok() ? std::move(found).ValueUnsafe() : std::string();
}

std::shared_ptr<const TableBatch> make_batch(std::shared_ptr<arrow::RecordBatch> batch,
                                             std::vector<TableColumn> columns,
                                             const std::vector<int>& places, std::string path,
                                             std::shared_ptr<const void> keeps) {
  return std::make_shared<ArrowBatch>(std::move(batch), std::move(columns), places, std::move(path),
                                      std::move(keeps));
}

}  // namespace stoker
