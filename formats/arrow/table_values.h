// Cells of tables as values of fields.
//
// Thread-safety: free functions; a sample belongs to one thread. Ownership: values point into what
// the cell points into, or into buffers of the sample. Errors: Corrupt and Unsupported, without a
// path.
#pragma once

#include <string>

#include "formats/arrow/arrow_engine.h"
#include "formats/arrow/table_fields.h"
#include "libdata/sample/sample.h"

namespace stoker {

// Appends the value of the next field; labels come from the listing and are not made here.
void add_table_value(const TableField& field, const TableColumn& column, const CellValue& cell,
                     Sample& sample);

// What a label says, for label_classes.
std::string label_text(const TableColumn& column, const CellValue& cell);

}  // namespace stoker
