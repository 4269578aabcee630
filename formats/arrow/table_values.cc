#include "formats/arrow/table_values.h"

#include <fmt/format.h>

#include "formats/plain_fields.h"
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
  if (!takes_shape(field, cell.shape)) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("holds an array of shape ({}), which is none of the field's",
                            fmt::join(cell.shape, ", ")));
  }
  FieldValue value;
  value.bytes = cell.bytes;
  if (field.storage == Storage::kInline) return value;
  value.shape = value.original_shape = extents_of_shape(cell.shape);
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
