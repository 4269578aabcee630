#include "formats/arrow/table_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "formats/records/record_fields.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

RecordCell record_cell(const TableColumn& column, const CellValue& cell) {
  RecordCell record;
  record.bytes = cell.bytes;
  record.is_array = column.kind == TableKind::kNumber || column.kind == TableKind::kArray;
  record.type = column.element;
  record.shape = cell.shape;
  return record;
}

RecordForm record_form(TableForm form) {
  return form == TableForm::kImage   ? RecordForm::kImage
         : form == TableForm::kArray ? RecordForm::kNumbers
                                     : RecordForm::kBytes;
}

FieldValue written_array(const Field& field, const CellValue& cell) {
  const bool fits =
      cell.shape.size() == field.axes.size() &&
      (field.storage == Storage::kBlob ||
       std::equal(cell.shape.begin(), cell.shape.end(), field.shape.begin(), field.shape.end(),
                  [](uint64_t a, int64_t b) { return std::cmp_equal(a, b); }));
  if (!fits) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("holds an array of shape ({}), which is none of the field's",
                            fmt::join(cell.shape, ", ")));
  }
  FieldValue value;
  value.bytes = cell.bytes;
  if (field.storage == Storage::kInline) return value;
  for (size_t axis = 0; axis < cell.shape.size(); ++axis) {
    if (cell.shape[axis] > std::numeric_limits<uint32_t>::max()) {
      throw Error(ErrorCode::kUnsupported, "an axis of 2^32 or more is not read");
    }
    value.shape[axis] = static_cast<uint32_t>(cell.shape[axis]);
  }
  value.original_shape = value.shape;
  return value;
}

}  // namespace

void add_table_value(const TableField& field, const TableColumn& column, const CellValue& cell,
                     Sample& sample) {
  if (field.is_written && field.form == TableForm::kArray) {
    sample.values.push_back(written_array(field.field, cell));
  } else {
    add_cell({field.field, record_form(field.form), field.column}, record_cell(column, cell),
             sample);
  }
}

std::string label_text(const TableColumn& column, const CellValue& cell) {
  return label_text(record_cell(column, cell));
}

}  // namespace stoker
