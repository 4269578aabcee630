// Which columns of record files make which field, and cells as values of fields.
//
//   image   the column of that name (or x, img, data ...), else the only one that holds images
//   label   of that name (or y, target, class, cls): whole numbers, or texts that name classes
//   others  under their own names; arrays as stacked/array_fields.h has them
// Thread-safety: free functions; a sample belongs to one thread. Errors: InvalidArgument where the
// request names what there is not; of values, Corrupt and Unsupported without a path.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "formats/records/record_file.h"
#include "libdata/core/arrays.h"
#include "libdata/sample/schema.h"

namespace stoker {

enum class RecordForm : uint8_t { kLabel, kImage, kBytes, kNumbers };

struct RecordField {
  Field field;
  RecordForm form = RecordForm::kBytes;
  size_t column = 0;
};

// Hands records to `look` until it says that it has seen enough.
using RecordLooks = std::function<void(const std::function<bool(const Record&)>& look)>;

// "image" first, then "label", then the others as they come. `wanted`: --field NAME=COLUMN.
// Columns that no field can hold are left out, with a note.
std::vector<RecordField> fields_of_columns(const std::vector<RecordColumn>& columns,
                                           const RecordLooks& records,
                                           const std::map<std::string, std::string>& wanted,
                                           std::vector<SampleNote>& notes);

// Appends the value of the next field; those of labels come from the listing.
void add_cell(const RecordField& field, const RecordCell& cell, Sample& sample);
// What a label says, for label_classes.
std::string label_text(const RecordCell& cell);

}  // namespace stoker
